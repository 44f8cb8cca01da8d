-- One row per limit of one stage: a fact, a bound, what follows from breaking it, and where it comes from.
create table if not exists stage_limit (
    protocol_version varchar not null,
    stage_id varchar not null,
    limit_position integer not null,
    fact varchar not null,
    bound varchar not null,
    limit_value double not null,
    outcome varchar not null,
    basis varchar not null,
    source varchar not null,
    sentence varchar not null
)
