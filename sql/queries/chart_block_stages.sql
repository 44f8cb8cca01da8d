-- The stages of one runner as stretches of local days, in order; days without a stage are a stretch, too.
with staged as (
    select
        stage.stage_date,
        stage.stage_id,
        stage.set_by,
        protocol_stage.stage_name,
        coalesce(stage.stage_id, '') <> lag(coalesce(stage.stage_id, ''), 1, 'before any') over (order by stage.stage_date)
            as is_new
    from stage_on_date as stage
    left join protocol_period as period
        on period.runner_id = stage.runner_id
        and stage.stage_date >= period.valid_from_date
        and stage.stage_date < period.valid_before_date
    left join protocol_stage
        on protocol_stage.protocol_version = period.protocol_version
        and protocol_stage.stage_id = stage.stage_id
    where stage.runner_id = $runner_id
),

numbered as (
    select *, sum(is_new::integer) over (order by stage_date) as stretch
    from staged
)

select
    any_value(stage_id) as stage_id,
    arg_max(stage_name, stage_date) as stage_name,
    arg_max(set_by, stage_date) as set_by,
    min(stage_date) as from_date,
    max(stage_date) as to_date
from numbered
group by stretch
order by from_date
