-- One row per thing that has fallen silent by now: nothing was synced for 36 hours, a source that gave nothing new for a
-- fortnight while another one did, or no answer on any run of the last fortnight. No sync, no run and no answer are three
-- different states. A silence keeps its `since_utc` as long as it lasts: that is what it is told once by.
with past_sync as (
    select sync.*
    from sync_run as sync
    cross join as_of
    where sync.started_utc <= as_of.as_of_utc
),

source_state as (
    select
        runner_id,
        source,
        min(started_utc) as first_try_utc,
        max(started_utc) as last_try_utc,
        max(started_utc) filter (state <> 'failed') as last_sync_utc,
        max(started_utc) filter (new_count > 0) as last_new_utc,
        arg_max(message, started_utc) filter (state = 'failed') as last_failure
    from past_sync
    group by runner_id, source
),

-- a source that was taken out of the config is not tried any more while others are: it is not silent, it is gone
kept_source as (
    select
        *,
        coalesce(last_sync_utc, first_try_utc) as synced_until_utc,
        coalesce(last_new_utc, first_try_utc) as gave_until_utc
    from source_state
    qualify last_try_utc >= max(last_try_utc) over (partition by runner_id) - interval 36 hours
),

no_sync as (
    select
        source.runner_id,
        source.source,
        'no_sync' as kind,
        source.synced_until_utc as since_utc,
        case
            when source.last_sync_utc is null then source.source || ' was never synced'
            else 'Nothing was synced from ' || source.source || ' since '
                || strftime(source.last_sync_utc, '%Y-%m-%d %H:%M') || ' UTC'
        end
        || case
            when source.last_try_utc > source.last_sync_utc or source.last_sync_utc is null
                then '; the last try, ' || strftime(source.last_try_utc, '%Y-%m-%d %H:%M') || ' UTC, failed: '
                || coalesce(rtrim(source.last_failure, '.'), 'it did not say why') || '.'
            else '; no sync has run since.'
        end
        || ' What was run since then is not known.' as message
    from kept_source as source
    cross join as_of
    where source.synced_until_utc < as_of.as_of_utc - interval 36 hours
),

source_silent as (
    select
        source.runner_id,
        source.source,
        'source_silent' as kind,
        source.gave_until_utc as since_utc,
        source.source || ' gave nothing new since ' || strftime(source.gave_until_utc, '%Y-%m-%d') || ', while '
        || min(other.source) || ' did. Is the watch still linked to it?' as message
    from kept_source as source
    cross join as_of
    inner join kept_source as other
        on other.runner_id = source.runner_id
        and other.source <> source.source
        and other.last_new_utc > as_of.as_of_utc - interval 14 days
    where source.gave_until_utc < as_of.as_of_utc - interval 14 days
        and source.last_sync_utc >= as_of.as_of_utc - interval 36 hours
    group by source.runner_id, source.source, source.gave_until_utc
),

last_answer as (
    select symptom.runner_id, max(symptom.entry_utc) as entry_utc
    from symptom
    cross join as_of
    where symptom.entry_utc <= as_of.as_of_utc
    group by symptom.runner_id
),

-- an answer could be there once the next morning is over; one that is there sooner counts, too
asked_run as (
    select
        run.runner_id,
        run.session_id,
        run.start_utc,
        run.session_date > as_of.as_of_date - interval 14 days as is_recent,
        as_of.as_of_utc >= timezone('UTC', cast(run.session_date + interval 36 hours as timestamp))
            - to_seconds(run.utc_offset_s) as is_answerable,
        run.session_id in (select answer.session_id from moment_answer as answer) as is_answered
    from run_session as run
    cross join as_of
),

no_answer as (
    select
        run.runner_id,
        null as source,
        'no_answer' as kind,
        coalesce(any_value(answer.entry_utc), min(run.start_utc)) as since_utc,
        case
            when count(*) filter (run.is_recent and run.is_answerable) = 1
                then 'The one run of the last fortnight has no answer'
            else 'None of the ' || count(*) filter (run.is_recent and run.is_answerable)
                || ' runs of the last fortnight has an answer'
        end
        || ' on how the hip was, so they can''t be fully known.' as message
    from asked_run as run
    left join last_answer as answer on answer.runner_id = run.runner_id
    group by run.runner_id
    having bool_or(run.is_recent and run.is_answerable) and not bool_or(run.is_recent and run.is_answered)
)

select runner_id, source, kind, since_utc, message from no_sync
union all
select runner_id, source, kind, since_utc, message from source_silent
union all
select runner_id, source, kind, since_utc, message from no_answer
