-- The runners of this home.
select runner_id from runner order by added_utc, runner_id
