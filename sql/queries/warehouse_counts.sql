-- How much the warehouse holds.
select
    (select count(distinct runner_id || content_sha256) from recording) as file_count,
    (select count(*) from recording) as recording_count,
    (select count(*) from measured_session) as session_count,
    (select count(*) from quarantine) as quarantined_count
