-- No row, with the columns and types of a sample partition.
select
    cast(null as varchar) as session_id,
    cast(null as integer) as t_s,
    cast(null as double) as latitude_deg,
    cast(null as double) as longitude_deg,
    cast(null as float) as altitude_m,
    cast(null as float) as distance_m,
    cast(null as float) as speed_mps,
    cast(null as float) as grade_pct,
    cast(null as float) as cadence_spm,
    cast(null as float) as heart_rate_bpm,
    cast(null as varchar) as gait,
    cast(null as utinyint) as zone,
    cast(null as float) as ground_contact_ms,
    cast(null as float) as vertical_oscillation_m,
    cast(null as float) as step_length_m
where false
