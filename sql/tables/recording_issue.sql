-- One row per thing about a recording's data that somebody may want to know: unmapped fields, values out of range.
create table if not exists recording_issue (
    recording_id varchar not null,
    issue_kind varchar not null,
    issue_name varchar not null,
    issue_count integer not null,
    detail varchar
)
