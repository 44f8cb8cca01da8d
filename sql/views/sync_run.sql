-- One row per run of the sync for one source.
select
    sync_id,
    runner_id,
    source,
    started_utc,
    ended_utc,
    state,
    seen_count,
    new_count,
    duplicate_count,
    quarantined_count,
    withdrawn_count,
    is_whole,
    message
from read_json(
    home_path() || '/journal/sync_run.jsonl',
    format = 'newline_delimited',
    ignore_errors = true,
    columns = {
        sync_id: 'VARCHAR', runner_id: 'VARCHAR', source: 'VARCHAR', started_utc: 'TIMESTAMPTZ', ended_utc: 'TIMESTAMPTZ',
        state: 'VARCHAR', seen_count: 'BIGINT', new_count: 'BIGINT', duplicate_count: 'BIGINT',
        quarantined_count: 'BIGINT', withdrawn_count: 'BIGINT',
        is_whole: 'BOOLEAN', message: 'VARCHAR'
    }
)
where sync_id is not null
