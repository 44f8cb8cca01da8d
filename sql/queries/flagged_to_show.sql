-- Flagged findings of the newest sessions of all runners: those of some sessions, and those of the last days.
select
    runner_id, session_id, session_date, stage_id, fact, observed, bound, limit_value, unit, outcome, start_s, end_s,
    protocol_version
from flagged
where session_id in (select unnest($session_ids)) or session_date >= $since_date
qualify dense_rank() over (order by session_date desc, session_id) <= $session_limit
order by session_date desc, session_id, outcome_rank(outcome), fact
