-- One row per continuous climb or descent; numbers are positive in both directions.
create table if not exists climb (
    session_id varchar not null,
    direction varchar not null,
    start_s double not null,
    duration_s double not null,
    distance_m double not null,
    gain_m double not null,
    mean_grade_pct double not null,
    max_grade_pct double not null
)
