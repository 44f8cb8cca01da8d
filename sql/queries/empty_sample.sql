-- No row, with the columns and types of a sample partition: whole numbers of a fine unit, which take half the bytes of
-- floating ones since neighbours differ by little. `sample` shows them in their own units. The steps are those of FIT
-- files or finer (altitude 0.2 m, distance 1 cm, speed 1 mm/s, cadence and heart rate whole or half, running dynamics as
-- here); a ten-millionth of a degree is 1.1 cm, and a grade is known to no hundredth.
select
    cast(null as varchar) as session_id,
    cast(null as integer) as t_s,
    cast(null as integer) as latitude_deg_x1e7,
    cast(null as integer) as longitude_deg_x1e7,
    cast(null as integer) as altitude_m_x100,
    cast(null as integer) as distance_m_x100,
    cast(null as integer) as speed_mps_x1000,
    cast(null as integer) as grade_pct_x100,
    cast(null as integer) as cadence_spm_x10,
    cast(null as integer) as heart_rate_bpm_x10,
    cast(null as varchar) as gait,
    cast(null as utinyint) as zone,
    cast(null as integer) as ground_contact_ms_x10,
    cast(null as integer) as vertical_oscillation_m_x1e4,
    cast(null as integer) as step_length_m_x1e4
where false
