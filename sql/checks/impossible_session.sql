-- warn: a run with totals that no runner reaches: look at the recording
select session_id, distance_m, elapsed_s, mean_run_speed_mps
from measured_session
where is_run and (distance_m > 500000 or mean_run_speed_mps > 9 or elapsed_s > 200000)
