-- The red flags that one runner reported in a span of local days, the newest first, with whoever set one aside. They are
-- the runner's own words: they stand here whatever the run was recorded with, and also where no recording is left.
with said as (
    select
        answer.session_id,
        answer.moment,
        unnest(answer.red_flags) as red_flag,
        session.session_date,
        (
            select max(symptom.entry_utc)
            from symptom
            where symptom.session_id is not distinct from answer.session_id
                and symptom.runner_id = answer.runner_id
                and symptom.moment is not distinct from answer.moment
                and len(symptom.red_flags) > 0
        ) as said_utc
    from moment_answer as answer
    left join measured_session as session on session.session_id = answer.session_id
    where answer.runner_id = $runner_id and len(answer.red_flags) > 0
)

select
    said.session_id,
    coalesce(said.session_date, cast(said.said_utc as date)) as session_date,
    said.red_flag,
    list(said.moment order by said.moment) as moments,
    max(said.said_utc) as said_utc,
    any_value(override.overridden_by) as overridden_by,
    any_value(override.override_reason) as override_reason
from said
left join override on override.session_id = said.session_id and override.fact = 'red_flag_count'
where coalesce(said.session_date, cast(said.said_utc as date)) between $since_date and $until_date
group by said.session_id, said.session_date, said.said_utc, said.red_flag
order by session_date desc, said.session_id, said.red_flag
