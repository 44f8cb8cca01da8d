-- Samples as the transforms hand them over, as a partition keeps them; what no recording can hold becomes NULL.
select
    $session_ids[session_place] as session_id,
    t_s,
    try_cast(round(latitude_deg * 1e7) as integer) as latitude_deg_x1e7,
    try_cast(round(longitude_deg * 1e7) as integer) as longitude_deg_x1e7,
    try_cast(round(altitude_m * 100) as integer) as altitude_m_x100,
    try_cast(round(distance_m * 100) as integer) as distance_m_x100,
    try_cast(round(speed_mps * 1000) as integer) as speed_mps_x1000,
    try_cast(round(grade_pct * 100) as integer) as grade_pct_x100,
    try_cast(round(cadence_spm * 10) as integer) as cadence_spm_x10,
    try_cast(round(heart_rate_bpm * 10) as integer) as heart_rate_bpm_x10,
    $gaits[gait + 1] as gait,
    zone,
    try_cast(round(ground_contact_ms * 10) as integer) as ground_contact_ms_x10,
    try_cast(round(vertical_oscillation_m * 1e4) as integer) as vertical_oscillation_m_x1e4,
    try_cast(round(step_length_m * 1e4) as integer) as step_length_m_x1e4
from incoming_sample
