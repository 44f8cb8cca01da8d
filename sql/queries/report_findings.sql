-- What was found in one runner's runs of a span of local days, the worst first, then the newest: each with the limit in
-- the clinician's own words, the measured value and the stretch that shows it. What is within the plan is left out.
select
    finding.*,
    stage_limit.sentence,
    if(finding.observed is null, null, format_value(finding.observed, finding.unit)) as observed_text,
    if(finding.limit_value is null, null, format_value(finding.limit_value, finding.unit)) as limit_text,
    fact.detail
from finding
left join stage_limit
    on stage_limit.protocol_version = finding.protocol_version
    and stage_limit.stage_id = finding.stage_id
    and stage_limit.fact = finding.fact
    and stage_limit.bound = finding.bound
    and stage_limit.limit_value = finding.limit_value
left join session_fact as fact on fact.session_id = finding.session_id and fact.fact = finding.fact
where finding.runner_id = $runner_id
    and finding.session_date between $since_date and $until_date
    and finding.outcome <> 'within_plan'
-- two limits may say the same number with another consequence: a finding is told once
qualify row_number() over (
    partition by finding.session_id, finding.fact, finding.bound, finding.limit_value, finding.outcome
    order by stage_limit.limit_position
) = 1
order by outcome_rank(finding.outcome), finding.session_date desc, finding.session_id, finding.fact, finding.limit_value
