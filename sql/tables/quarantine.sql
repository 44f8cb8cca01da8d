-- One row per thing that could not be read, or not be read whole.
create table if not exists quarantine (
    runner_id varchar not null,
    source varchar not null,
    source_ref varchar not null,
    file_name varchar not null,
    content_sha256 varchar,
    reason varchar not null,
    offset_bytes bigint,
    salvaged_samples integer not null,
    first_seen_utc timestamptz not null
)
