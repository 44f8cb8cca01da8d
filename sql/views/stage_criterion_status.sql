-- One row per criterion of the stage of today: met, not met or unknown, for the clinician's decision. Nothing here ever
-- changes a stage.
with held as (
    select
        stage.runner_id,
        stage.as_of_date,
        stage.stage_id,
        criterion.decision,
        criterion.fact,
        fact."value" as told,
        criterion.bound,
        criterion.limit_value,
        fact.unit,
        case
            when fact."value" is null then 'unknown'
            -- what isn't fully known is at least its value: enough to reach a minimum or to pass a maximum, no more
            when criterion.bound = 'max' and fact."value" > criterion.limit_value then 'not_met'
            when criterion.bound = 'min' and fact."value" >= criterion.limit_value then 'met'
            when fact.status <> 'ok' then 'unknown'
            when criterion.bound = 'max' then 'met'
            else 'not_met'
        end as criterion_state,
        criterion.sentence,
        criterion.basis,
        criterion.source,
        criterion.criterion_position,
        fact.detail,
        stage.protocol_version
    from stage_today as stage
    inner join stage_criterion as criterion
        on criterion.protocol_version = stage.protocol_version
        and criterion.stage_id = stage.stage_id
    left join today_fact as fact on fact.runner_id = stage.runner_id and fact.fact = criterion.fact
)

select * exclude (told), if(criterion_state = 'unknown', null, told) as observed
from held
