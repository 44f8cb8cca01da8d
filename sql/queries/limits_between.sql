-- Each limit that one runner's runs between two local days were held against: the value that was nearest to it or past
-- it, and what came of it.
with held as (
    select
        finding.*,
        stage_limit.sentence,
        stage_limit.limit_position,
        if(finding.bound = 'max', finding.observed, -finding.observed) as towards_limit
    from finding
    inner join stage_limit
        on stage_limit.protocol_version = finding.protocol_version
        and stage_limit.stage_id = finding.stage_id
        and stage_limit.fact = finding.fact
        and stage_limit.bound = finding.bound
        and stage_limit.limit_value = finding.limit_value
    where finding.runner_id = $runner_id
        and finding.session_date between $first_date and $last_date
        and finding.overridden_by is null
)

select
    stage_id,
    fact,
    sentence,
    bound,
    limit_value,
    format_value(limit_value, any_value(unit)) as limit_text,
    arg_max(observed, towards_limit) as observed,
    format_value(arg_max(observed, towards_limit), any_value(unit)) as observed_text,
    arg_min(outcome, outcome_rank(outcome)) as outcome,
    count(*) as run_count,
    count(*) filter (observed is null) as unknown_count
from held
group by stage_id, fact, sentence, bound, limit_value
order by min(outcome_rank(outcome)), stage_id, min(limit_position)
