-- The stages of the protocol that judges one runner today, in the order of the file.
select stage.stage_id, stage.stage_name, stage.stage_position, stage.protocol_version
from protocol_period as period
cross join as_of
inner join protocol_stage as stage on stage.protocol_version = period.protocol_version
where period.runner_id = $runner_id
    and as_of.as_of_date >= period.valid_from_date
    and as_of.as_of_date < period.valid_before_date
order by stage.stage_position
