-- One row: what one runner's data of a span of local days can't tell, and what waits for a person.
select
    (
        select count(*) from quarantine where runner_id = $runner_id
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
