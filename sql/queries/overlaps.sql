-- The pairs of recordings that share some of their minutes.
select recording_id, other_recording_id, shared_ratio from overlap order by all
