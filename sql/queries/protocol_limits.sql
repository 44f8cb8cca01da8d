-- Every limit of the protocol.
select
    stage_limit.* exclude (limit_position),
    definition.unit,
    format_value(stage_limit.limit_value, definition.unit) as limit_text
from stage_limit
left join protocol_stage as stage on stage.stage_id = stage_limit.stage_id
left join fact_definition as definition on definition.fact = stage_limit.fact
order by stage.stage_position, limit_position
