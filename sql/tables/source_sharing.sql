-- One row per runner and source that config.toml names: whether what it gives may reach a clinician. A reader lays its own
-- list in front.
create table if not exists source_sharing (
    runner_id varchar not null,
    source varchar not null,
    may_reach_clinician boolean not null
)
