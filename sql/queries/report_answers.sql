-- What one runner said of the runs of a span of local days, moment by moment; the last word on each part.
select
    answer.*,
    coalesce(session.session_date, cast(answer.answered_utc as date)) as session_date
from moment_answer as answer
left join measured_session as session on session.session_id = answer.session_id
where answer.runner_id = $runner_id
    and coalesce(session.session_date, cast(answer.answered_utc as date)) between $since_date and $until_date
order by
    session_date desc,
    answer.session_id,
    list_position(['before', 'during', 'after', 'next_morning'], answer.moment)
