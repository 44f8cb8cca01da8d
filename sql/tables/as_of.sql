-- One row: the instant that "today" means. A reader puts its own in front with a temporary table of this name.
create table if not exists as_of (
    as_of_utc timestamptz not null,
    as_of_date date not null
)
