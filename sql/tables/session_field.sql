-- One row per recorded channel of one session: which of its copies gave it.
create table if not exists session_field (
    session_id varchar not null,
    field varchar not null,
    recording_id varchar not null
)
