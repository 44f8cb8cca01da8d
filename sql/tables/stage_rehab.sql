-- One row per kind of rehab work that a stage plans for a week.
create table if not exists stage_rehab (
    protocol_version varchar not null,
    stage_id varchar not null,
    kind varchar not null,
    per_week_count integer not null
)
