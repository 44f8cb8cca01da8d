-- What Prefect's server needs in PostgreSQL beyond an empty database: trigrams, for its search by name.
create extension if not exists pg_trgm;
