-- One row per source's copy of one session.
create table if not exists recording (
    recording_id varchar primary key,
    runner_id varchar not null,
    session_id varchar not null,
    source varchar not null,
    source_ref varchar not null,
    content_sha256 varchar not null,
    file_index integer not null,
    file_name varchar not null,
    file_format varchar not null,
    decoder varchar not null,
    device_name varchar,
    sport varchar,
    is_primary boolean not null,
    crc_ok boolean,
    damage varchar,
    start_utc timestamptz not null,
    sample_count integer not null,
    has_barometer boolean not null,
    has_cadence boolean not null,
    recorded_minutes integer[] not null
)
