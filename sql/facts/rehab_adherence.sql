-- One row per run: rehab work done against planned over the seven local days that end with it, each planned piece counted
-- up to what was planned. The runner's own plan goes before that of the stage; days of work count, not sets. Where no
-- work was entered for four weeks it is not known whether any was done.
with run_day as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        cast(unnest(generate_series(run.session_date - interval 6 days, run.session_date, interval 1 day)) as date)
            as plan_date
    from run_session as run
),

planned_day as (
    select run_day.*, true as is_own, plan.kind, plan.exercise_key, plan.exercise, plan.per_week_count
    from run_day
    inner join rehab_plan as plan
        on plan.runner_id = run_day.runner_id
        and run_day.plan_date >= plan.valid_from_date
        and run_day.plan_date < plan.valid_before_date
    union all by name
    select run_day.*, false as is_own, plan.kind, 'any' as exercise_key, 'any' as exercise, plan.per_week_count
    from run_day
    inner join stage_on_date as stage
        on stage.runner_id = run_day.runner_id and stage.stage_date = run_day.plan_date
    inner join protocol_period as period
        on period.runner_id = run_day.runner_id
        and run_day.plan_date >= period.valid_from_date
        and run_day.plan_date < period.valid_before_date
    inner join stage_rehab as plan
        on plan.protocol_version = period.protocol_version and plan.stage_id = stage.stage_id
),

work as (
    select
        runner_id,
        rehab_date,
        kind,
        list(trim(regexp_replace(lower(exercise), '[^\pL\pN]+', ' ', 'g'))) as exercise_keys
    from rehab
    group by runner_id, rehab_date, kind
),

-- a piece counts for the days on which it was planned, and no longer than it is
piece as (
    select
        planned.session_id,
        planned.is_own,
        planned.kind,
        any_value(planned.exercise) as exercise,
        sum(planned.per_week_count) / 7.0 as planned_count,
        count(distinct work.rehab_date) filter (
            planned.exercise_key = 'any' or list_contains(work.exercise_keys, planned.exercise_key)
        ) as done_count
    from planned_day as planned
    left join work
        on work.runner_id = planned.runner_id
        and work.rehab_date = planned.plan_date
        and work.kind = planned.kind
    group by planned.session_id, planned.is_own, planned.kind, planned.exercise_key
    having bool_or(planned.plan_date = planned.session_date)
),

chosen as (
    select *
    from piece
    qualify is_own = bool_or(is_own) over (partition by session_id)
),

adherence as (
    select
        session_id,
        sum(least(done_count, planned_count)) / sum(planned_count) as done_ratio,
        string_agg(
            replace(kind, '_', ' ') || if(exercise = 'any', '', ' ' || exercise) || ' ' || done_count || ' of '
            || printf('%g', round(planned_count, 1)),
            ', ' order by kind, exercise
        ) as told
    from chosen
    group by session_id
),

reported as (
    select
        run.runner_id,
        run.session_id,
        coalesce(work.rehab_date >= run.session_date - interval 27 days, false) as is_reported
    from run_session as run
    asof left join work on work.runner_id = run.runner_id and work.rehab_date <= run.session_date
)

select
    reported.runner_id,
    reported.session_id,
    'rehab_adherence_ratio' as fact,
    if(reported.is_reported, adherence.done_ratio, null) as "value",
    if(reported.is_reported and adherence.done_ratio is not null, 'ok', 'not_assessable') as status,
    case
        when adherence.done_ratio is null then 'no plan is set'
        when not reported.is_reported then 'no rehab work was entered in the four weeks before'
        else adherence.told
    end as detail
from reported
left join adherence on adherence.session_id = reported.session_id
