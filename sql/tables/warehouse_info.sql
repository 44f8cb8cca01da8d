-- One row: which program made this warehouse, so that a newer one knows to make it again.
create table if not exists warehouse_info (
    schema_digest varchar not null,
    algorithm_version integer not null
)
