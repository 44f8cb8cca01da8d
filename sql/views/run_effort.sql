-- One row per run with what made it hard, pivoted from its facts; NULL where a fact is not known.
select
    run.runner_id,
    run.session_id,
    run.session_date,
    run.start_utc,
    run.distance_m,
    max(fact."value") filter (fact.fact = 'pickup_count') as pickup_count,
    max(fact."value") filter (fact.fact = 'interval_count') as interval_count,
    max(fact."value") filter (fact.fact = 'tempo_s') as tempo_s,
    max(fact."value") filter (fact.fact = 'hard_s') as hard_s,
    max(fact."value") filter (fact.fact = 'uphill_3pct_s') as uphill_3pct_s,
    max(fact."value") filter (fact.fact = 'longest_run_bout_s') as longest_run_bout_s
from run_session as run
left join measured_fact as fact on fact.session_id = run.session_id
group by all
