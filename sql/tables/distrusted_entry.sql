-- One row per line of the journal that was altered since it was written: its checksum no longer fits, so it counts for
-- nothing. A reader lays its own list in front.
create table if not exists distrusted_entry (
    entry_id varchar not null
)
