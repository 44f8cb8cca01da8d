-- One row per whole line of the journal; a torn last line comes as a row of NULLs and is dropped, and so is one that was
-- altered since it was written.
select
    entry_id,
    entry_utc,
    runner_id,
    kind as entry_kind,
    "by" as said_by,
    data
from read_json(
    home_path() || '/journal/journal.jsonl',
    format = 'newline_delimited',
    ignore_errors = true,
    columns = {
        entry_id: 'VARCHAR', entry_utc: 'TIMESTAMPTZ', runner_id: 'VARCHAR', kind: 'VARCHAR', "by": 'VARCHAR', data: 'JSON'
    }
)
where entry_id is not null and runner_id is not null and kind is not null
    and entry_id not in (select distrusted.entry_id from distrusted_entry as distrusted)
