-- One row per runner and local day, from the first run or decision to today: the stage of that day, NULL before any.
-- "Today" is the home's; a run further east may be up to two days ahead of it, and its day is there, too.
with first_day as (
    select runner_id, min(known_date) as first_date, max(known_date) filter (is_run) as last_run_date
    from (
        select runner_id, session_date as known_date, true as is_run from measured_session
        union all
        select runner_id, from_date as known_date, false as is_run from stage_decision
    )
    group by runner_id
),

runner_day as (
    select
        first_day.runner_id,
        cast(
            unnest(
                generate_series(
                    first_date,
                    greatest(first_date, as_of_date, least(coalesce(last_run_date, first_date), as_of_date + 2)),
                    interval 1 day
                )
            ) as date
        ) as stage_date
    from first_day
    cross join as_of
)

select
    runner_day.runner_id,
    runner_day.stage_date,
    decision.stage_id,
    decision.set_by,
    decision.from_date as set_on_date,
    decision.reason
from runner_day
asof left join stage_decision as decision
    on decision.runner_id = runner_day.runner_id
    and decision.from_date <= runner_day.stage_date
