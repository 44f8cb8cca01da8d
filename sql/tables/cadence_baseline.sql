-- One row per run: the line of cadence on speed through the steady minutes of the 60 days before it.
create table if not exists cadence_baseline (
    session_id varchar not null,
    baseline_spm double,
    baseline_speed_mps double,
    slope_spm_per_mps double,
    min_speed_mps double,
    max_speed_mps double,
    minute_count integer not null,
    run_count integer not null
)
