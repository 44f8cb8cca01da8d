-- One row per view of a runner's data on the pages: who looked, when, at which page. The file may be missing in a home that
-- never served a page: all lists of the journal are read, and what is no view is dropped.
select
    view_id,
    viewed_utc,
    runner_id,
    viewed_by,
    viewer_role,
    page,
    session_id
from read_json(
    home_path() || '/journal/*.jsonl',
    format = 'newline_delimited',
    ignore_errors = true,
    columns = {
        view_id: 'VARCHAR', viewed_utc: 'TIMESTAMPTZ', runner_id: 'VARCHAR', viewed_by: 'VARCHAR', viewer_role: 'VARCHAR',
        page: 'VARCHAR', session_id: 'VARCHAR'
    }
)
where view_id is not null and viewed_utc is not null
