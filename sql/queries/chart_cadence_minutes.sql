-- The minutes of flat, steady running of some runs, in order.
select session_id, speed_mps, cadence_spm
from cadence_minute
where list_contains($session_ids, session_id)
order by session_id, start_s
