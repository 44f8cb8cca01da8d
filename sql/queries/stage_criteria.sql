-- What speaks for a decision about one runner's stage today.
select
    status.*,
    if(status.observed is null, null, format_value(status.observed, status.unit)) as observed_text,
    format_value(status.limit_value, status.unit) as limit_text
from stage_criterion_status as status
where runner_id = $runner_id
order by criterion_position
