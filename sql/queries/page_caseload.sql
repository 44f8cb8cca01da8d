-- One row per runner: what a clinician's eyes are needed for, those who need them most first.
with recent as (
    select
        measured.runner_id,
        count(*) filter (measured.verdict in ('not_assessable', 'pending')) as unknown_7d_count,
        count(*) filter (measured.is_run) as run_7d_count
    from "session" as measured
    cross join as_of
    where measured.session_date > as_of.as_of_date - interval 7 days
        and measured.session_date <= as_of.as_of_date
        and not measured.is_excluded
        and measured.may_reach_clinician
    group by measured.runner_id
),

found as (
    select
        flagged.runner_id,
        count(distinct flagged.session_id) filter (flagged.outcome = 'contact_clinician') as contact_count,
        count(distinct flagged.session_id) filter (
            flagged.outcome = 'hold' and flagged.session_date > as_of.as_of_date - interval 7 days
        ) as hold_count,
        count(distinct flagged.session_id) filter (
            flagged.outcome = 'outside_plan' and flagged.session_date > as_of.as_of_date - interval 7 days
        ) as outside_count
    from flagged
    cross join as_of
    inner join "session" as measured on measured.session_id = flagged.session_id
    where flagged.session_date > as_of.as_of_date - interval 14 days
        and flagged.session_date <= as_of.as_of_date
        -- a red flag is the runner's own word: it is told whatever the run was recorded with
        and (measured.may_reach_clinician or flagged.fact = 'red_flag_count')
    group by flagged.runner_id
),

latest as (
    select
        run.runner_id,
        max(run.session_date) as last_date,
        max(run.session_date) filter (measured.may_reach_clinician) as last_run_date,
        count(*) filter (
            not measured.may_reach_clinician and run.session_date > as_of.as_of_date - interval 14 days
        ) as withheld_count
    from run_session as run
    cross join as_of
    inner join "session" as measured on measured.session_id = run.session_id
    group by run.runner_id
),

asked as (
    -- what nobody settled since the last sync, and what a clinician may be asked about
    select question.runner_id, count(*) as question_count
    from duplicate_question as question
    anti join correction as settled
        on settled.correction in ('same', 'different')
        and least(settled.recording_id, settled.other_recording_id)
        = least(question.recording_id, question.other_recording_id)
        and greatest(settled.recording_id, settled.other_recording_id)
        = greatest(question.recording_id, question.other_recording_id)
    inner join recording as one on one.recording_id = question.recording_id
    inner join recording as other on other.recording_id = question.other_recording_id
    inner join "session" as measured on measured.session_id = one.session_id
    inner join "session" as twin on twin.session_id = other.session_id
    where measured.may_reach_clinician and twin.may_reach_clinician
    group by question.runner_id
),

told as (
    select runner_id, max(entry_utc) as last_answer_utc from symptom group by runner_id
)

select
    runner.runner_id,
    as_of.as_of_date,
    stage.stage_id,
    stage.stage_name,
    stage.set_by,
    stage.set_on_date,
    latest.last_run_date,
    date_diff('day', latest.last_date, as_of.as_of_date) as days_since_run,
    told.last_answer_utc,
    coalesce(found.contact_count, 0) as contact_count,
    coalesce(found.hold_count, 0) as hold_count,
    coalesce(found.outside_count, 0) as outside_count,
    coalesce(recent.unknown_7d_count, 0) as unknown_7d_count,
    coalesce(recent.run_7d_count, 0) as run_7d_count,
    coalesce(asked.question_count, 0) as question_count,
    -- a week without a run is silence: nobody knows whether it was rest or a source that stopped
    coalesce(date_diff('day', latest.last_date, as_of.as_of_date) >= 7, true) as is_silent,
    coalesce(latest.withheld_count, 0) as withheld_count
from runner
cross join as_of
left join stage_today as stage on stage.runner_id = runner.runner_id
left join recent on recent.runner_id = runner.runner_id
left join found on found.runner_id = runner.runner_id
left join latest on latest.runner_id = runner.runner_id
left join asked on asked.runner_id = runner.runner_id
left join told on told.runner_id = runner.runner_id
where list_contains($runner_ids, runner.runner_id)
order by
    contact_count > 0 desc,
    hold_count > 0 desc,
    outside_count > 0 desc,
    unknown_7d_count > 0 desc,
    is_silent desc,
    contact_count desc,
    hold_count desc,
    outside_count desc,
    unknown_7d_count desc,
    runner.runner_id
