-- One row: what one runner's data of a span of local days can't tell, and what waits for a person.
with whole as (
    select distinct source, source_ref, session_id
    from recording
    where runner_id = $runner_id and damage is null
),

-- came half and then whole under the same name: see the query quarantined
mended as (
    select distinct broken.source, broken.source_ref, broken.content_sha256
    from quarantine as broken
    inner join whole using (source, source_ref)
    left join recording as part
        on part.runner_id = $runner_id and part.content_sha256 = broken.content_sha256
    where broken.runner_id = $runner_id and (part.session_id is null or part.session_id = whole.session_id)
)

select
    (
        select count(*)
        from quarantine
        anti join mended
            on mended.source = quarantine.source
            and mended.source_ref = quarantine.source_ref
            and mended.content_sha256 is not distinct from quarantine.content_sha256
        where quarantine.runner_id = $runner_id
    ) as quarantined_count,
    (
        select count(*) from duplicate_question where runner_id = $runner_id
    ) as duplicate_question_count,
    (
        select list_sort(list_distinct(list(issue.issue_name)))
        from recording_issue as issue
        inner join recording on recording.recording_id = issue.recording_id
        inner join measured_session as session on session.session_id = recording.session_id
        where recording.runner_id = $runner_id
            and session.session_date between $since_date and $until_date
            and issue.issue_kind = 'unmapped_field'
    ) as unmapped_fields,
    (
        select max(ended_utc) from sync_run where runner_id = $runner_id and state <> 'failed'
    ) as last_sync_utc
