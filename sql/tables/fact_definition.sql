-- One row per fact that a limit may name: what it means, its unit, its source and its measured error.
create table if not exists fact_definition (
    fact varchar primary key,
    unit varchar not null,
    meaning varchar not null,
    source varchar not null,
    error_abs double,
    error_ratio double,
    rests_on varchar[] not null
)
