-- The sessions of one runner's week with the last word on the pain at each moment, in the order of time.
with answer as (
    select
        session_id,
        max(pain_0_10) filter (moment = 'before') as pain_before,
        max(pain_0_10) filter (moment = 'during') as pain_during,
        max(pain_0_10) filter (moment = 'after') as pain_after,
        max(pain_0_10) filter (moment = 'next_morning') as pain_next_morning
    from moment_answer
    group by session_id
)

select
    session.*,
    answer.* exclude (session_id),
    as_of.as_of_utc
    < timezone('UTC', cast(session.session_date + interval 36 hours as timestamp)) - to_seconds(session.utc_offset_s)
        as is_pending
from "session"
cross join as_of
left join answer on answer.session_id = session.session_id
where session.runner_id = $runner_id
    and session.session_date >= $first_date
    and session.session_date < $before_date
order by session.start_utc, session.session_id
