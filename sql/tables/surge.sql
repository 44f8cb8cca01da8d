-- One row per bout faster than the ceiling.
create table if not exists surge (
    session_id varchar not null,
    start_s double not null,
    duration_s double not null,
    distance_m double,
    speed_mps double not null,
    recovery_s double,
    grade_pct double,
    kind varchar not null,
    is_possible_only boolean not null,
    detail varchar
)
