-- One row per second of timer time of one session, from the Parquet partitions by runner and month.
select
    stored.session_id,
    stored.t_s,
    session_start.start_utc + to_seconds(stored.t_s) as time_utc,
    stored.latitude_deg,
    stored.longitude_deg,
    stored.altitude_m,
    stored.distance_m,
    stored.speed_mps,
    stored.grade_pct,
    stored.cadence_spm,
    stored.heart_rate_bpm,
    stored.gait,
    stored.zone,
    stored.ground_contact_ms,
    stored.vertical_oscillation_m,
    stored.step_length_m
from read_parquet(home_path() || '/samples/**/*.parquet', hive_partitioning = false) as stored
inner join measured_session as session_start on session_start.session_id = stored.session_id
