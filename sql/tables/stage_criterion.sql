-- One row per criterion of one stage: what speaks for advancing, holding, going back, or for a layoff.
create table if not exists stage_criterion (
    protocol_version varchar not null,
    stage_id varchar not null,
    criterion_position integer not null,
    decision varchar not null,
    fact varchar not null,
    bound varchar not null,
    limit_value double not null,
    basis varchar not null,
    source varchar not null,
    sentence varchar not null
)
