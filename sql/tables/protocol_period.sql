-- One row per runner and span of local days: which protocol held.
create table if not exists protocol_period (
    runner_id varchar not null,
    protocol_version varchar not null,
    valid_from_date date not null,
    valid_before_date date not null
)
