-- Flagged findings of one runner (or all), newest session first, worst first within it.
select *
from flagged
where ($runner_id is null or runner_id = $runner_id) and ($since_date is null or session_date >= $since_date)
order by session_date desc, session_id, outcome_rank(outcome), fact
