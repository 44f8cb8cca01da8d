-- One row per second of timer time of one session, from the Parquet partitions by runner and month.
select
    stored.session_id,
    stored.t_s,
    session_start.start_utc + to_seconds(stored.t_s) as time_utc,
    stored.latitude_deg_x1e7 / 1e7 as latitude_deg,
    stored.longitude_deg_x1e7 / 1e7 as longitude_deg,
    cast(stored.altitude_m_x100 / 100 as float) as altitude_m,
    cast(stored.distance_m_x100 / 100 as float) as distance_m,
    cast(stored.speed_mps_x1000 / 1000 as float) as speed_mps,
    cast(stored.grade_pct_x100 / 100 as float) as grade_pct,
    cast(stored.cadence_spm_x10 / 10 as float) as cadence_spm,
    cast(stored.heart_rate_bpm_x10 / 10 as float) as heart_rate_bpm,
    stored.gait,
    stored.zone,
    cast(stored.ground_contact_ms_x10 / 10 as float) as ground_contact_ms,
    cast(stored.vertical_oscillation_m_x1e4 / 1e4 as float) as vertical_oscillation_m,
    cast(stored.step_length_m_x1e4 / 1e4 as float) as step_length_m
from read_parquet(home_path() || '/samples/format=2/**/*.parquet', hive_partitioning = false) as stored
inner join measured_session as session_start on session_start.session_id = stored.session_id
