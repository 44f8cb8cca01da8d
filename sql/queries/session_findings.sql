-- All findings of one session, worst first.
select * from finding where session_id = $session_id order by outcome_rank(outcome), fact, bound, limit_value
