-- One row per duration of one session: the farthest that the runner ran in that time.
create table if not exists best_effort (
    session_id varchar not null,
    duration_s double not null,
    distance_m double not null
)
