-- One row per activity that was deleted at its source: its sessions no longer count, its bytes stay in the archive.
create table if not exists withdrawal (
    runner_id varchar not null,
    source varchar not null,
    source_ref varchar not null,
    file_name varchar not null,
    content_sha256 varchar,
    start_utc timestamptz,
    session_date date,
    withdrawn_utc timestamptz not null
)
