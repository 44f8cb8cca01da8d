-- One row per stage of the protocol in force.
create table if not exists protocol_stage (
    protocol_name varchar not null,
    protocol_version varchar not null,
    stage_id varchar primary key,
    stage_position integer not null,
    stage_name varchar not null
)
