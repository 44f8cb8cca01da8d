-- One row per stage of each protocol that holds on some day.
create table if not exists protocol_stage (
    protocol_version varchar not null,
    stage_id varchar not null,
    stage_position integer not null,
    stage_name varchar not null
)
