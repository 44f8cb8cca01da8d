-- The limits of one stage, in the order of the protocol file.
select stage_limit.*, definition.unit, format_value(stage_limit.limit_value, definition.unit) as limit_text
from stage_limit
left join fact_definition as definition on definition.fact = stage_limit.fact
where stage_id = $stage_id
order by limit_position
