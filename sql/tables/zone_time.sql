-- One row per pace zone of one session: running seconds in it.
create table if not exists zone_time (
    session_id varchar not null,
    zone integer not null,
    time_s double not null,
    grade_adjusted boolean not null
)
