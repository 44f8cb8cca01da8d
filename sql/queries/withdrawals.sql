-- Activities that were deleted at their source, between two local days; those whose day is not known are told always.
select *
from withdrawal
where ($runner_id is null or runner_id = $runner_id)
    and ($first_date is null or session_date is null or session_date >= $first_date)
    and ($last_date is null or session_date is null or session_date <= $last_date)
order by session_date desc, source, source_ref
