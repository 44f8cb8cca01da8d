-- The rehab work that one runner has planned for today, by kind and exercise, with the days on which it was done in the
-- seven days that end today. The runner's own plan goes before that of the stage.
with planned as (
    select true as is_own, plan.kind, plan.exercise, plan.exercise_key, plan.per_week_count, plan.said_by
    from rehab_plan as plan
    cross join as_of
    where plan.runner_id = $runner_id
        and as_of.as_of_date >= plan.valid_from_date
        and as_of.as_of_date < plan.valid_before_date
    union all by name
    select false as is_own, plan.kind, 'any' as exercise, 'any' as exercise_key, plan.per_week_count
    from stage_today as stage
    inner join stage_rehab as plan
        on plan.protocol_version = stage.protocol_version and plan.stage_id = stage.stage_id
    where stage.runner_id = $runner_id
),

work as (
    select
        rehab.rehab_date,
        rehab.kind,
        trim(regexp_replace(lower(rehab.exercise), '[^\pL\pN]+', ' ', 'g')) as exercise_key
    from rehab
    cross join as_of
    where rehab.runner_id = $runner_id
        and rehab.rehab_date > as_of.as_of_date - interval 7 days
        and rehab.rehab_date <= as_of.as_of_date
    group by all
),

piece as (
    select
        planned.is_own,
        planned.kind,
        planned.exercise,
        planned.per_week_count,
        planned.said_by,
        count(distinct work.rehab_date) as done_count
    from planned
    left join work
        on work.kind = planned.kind
        and (planned.exercise_key = 'any' or work.exercise_key = planned.exercise_key)
    group by all
)

select *
from piece
qualify is_own = bool_or(is_own) over ()
order by kind, exercise
