-- What the stage of today says about the pain during a run, and about the cadence against the baseline.
select
    min(as_of.as_of_date) as as_of_date,
    min(stage_limit.limit_value) filter (stage_limit.fact = 'pain_during' and stage_limit.bound = 'max') as pain_limit_0_10,
    max(stage_limit.limit_value) filter (stage_limit.fact = 'matched_cadence_ratio' and stage_limit.bound = 'min')
        as least_cadence_ratio,
    min(stage_limit.limit_value) filter (stage_limit.fact = 'matched_cadence_ratio' and stage_limit.bound = 'max')
        as most_cadence_ratio
from as_of
left join stage_today as stage on stage.runner_id = $runner_id
left join stage_limit
    on stage_limit.protocol_version = stage.protocol_version and stage_limit.stage_id = stage.stage_id
