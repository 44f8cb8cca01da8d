-- One row per lap as the device closed it.
create table if not exists lap (
    session_id varchar not null,
    lap_index integer not null,
    start_s double not null,
    elapsed_s double,
    timer_s double,
    distance_m double,
    lap_trigger varchar,
    intensity varchar,
    workout_step_index integer
)
