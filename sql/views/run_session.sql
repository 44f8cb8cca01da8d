-- One row per session that counts as a run of the training: at least a minute of running, or of moving where the
-- running can't be told from the walking. Shorter ones are false starts.
select *
from measured_session
where is_run and coalesce(run_s, moving_s, elapsed_s, 0) >= 60
