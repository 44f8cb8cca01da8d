-- One row per minute of flat, steady running: what the cadence at matched speed is made of.
create table if not exists cadence_minute (
    session_id varchar not null,
    start_s double not null,
    speed_mps double not null,
    cadence_spm double not null
)
