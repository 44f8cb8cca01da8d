-- The exercises that one runner did lately, the most frequent first, each as it was entered last.
select
    rehab.kind,
    arg_max(rehab.exercise, rehab.entry_id) as exercise,
    arg_max(rehab.sets, rehab.entry_id) as sets,
    arg_max(rehab.reps, rehab.entry_id) as reps,
    arg_max(rehab.load_kg, rehab.entry_id) as load_kg,
    arg_max(rehab.duration_s, rehab.entry_id) as duration_s,
    max(rehab.rehab_date) as last_date,
    count(*) as entry_count
from rehab
cross join as_of
where rehab.runner_id = $runner_id and rehab.rehab_date > as_of.as_of_date - interval 42 days
group by rehab.kind, trim(regexp_replace(lower(rehab.exercise), '[^\pL\pN]+', ' ', 'g'))
order by entry_count desc, exercise
limit 8
