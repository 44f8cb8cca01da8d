-- One row per pair of recordings that share a fifth or more of the shorter one's recorded minutes.
create table if not exists overlap (
    recording_id varchar not null,
    other_recording_id varchar not null,
    shared_ratio double not null
)
