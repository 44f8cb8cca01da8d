-- One row per fact that the transforms derived from one session's own samples.
create table if not exists measured_fact (
    runner_id varchar not null,
    session_id varchar not null,
    fact varchar not null,
    value double,
    status varchar not null,
    detail varchar,
    start_s double,
    end_s double
)
