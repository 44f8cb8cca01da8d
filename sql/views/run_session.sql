-- One row per session that counts as a run of the training: at least a minute of running, or of moving where the
-- running can't be told from the walking (shorter ones are false starts), and not excluded by a correction.
select measured.*
from measured_session as measured
anti join excluded_session as excluded on excluded.session_id = measured.session_id
where measured.is_run and coalesce(measured.run_s, measured.moving_s, measured.elapsed_s, 0) >= 60
