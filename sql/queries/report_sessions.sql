-- The sessions of one runner in a span of local days with what the runner said of them, the newest first. Pain is NULL
-- where nothing was said; `red_flags` is NULL where nobody asked, empty where the answer was none.
with answer as (
    select
        session_id,
        max(pain_0_10) filter (moment = 'before') as pain_before,
        max(pain_0_10) filter (moment = 'during') as pain_during,
        max(pain_0_10) filter (moment = 'after') as pain_after,
        max(pain_0_10) filter (moment = 'next_morning') as pain_next_morning,
        list_sort(list_distinct(flatten(list(red_flags) filter (red_flags is not null)))) as red_flags
    from moment_answer
    where runner_id = $runner_id
    group by session_id
),

told as (
    select
        session_id,
        max("value") filter (fact = 'matched_cadence_ratio') as matched_cadence_ratio,
        max(detail) filter (fact = 'matched_cadence_ratio') as matched_cadence_detail,
        try_cast(
            regexp_extract(max(detail) filter (fact = 'matched_cadence_ratio' and status = 'ok'), '^\d+') as integer
        ) as matched_minute_count,
        max("value") filter (fact = 'rehab_adherence_ratio') as rehab_adherence_ratio,
        max(detail) filter (fact = 'rehab_adherence_ratio') as rehab_adherence_detail,
        coalesce(bool_or(status = 'pending') filter (fact = 'symptom_entry_count'), false) as is_answer_pending
    from session_fact
    where runner_id = $runner_id
        and fact in ('matched_cadence_ratio', 'rehab_adherence_ratio', 'symptom_entry_count')
    group by session_id
),

-- what a copy says that a clinician may not see stays out, also where another copy speaks for the session
copy as (
    select
        recording.session_id,
        count(*) as recording_count,
        arg_max(recording.device_name, recording.is_primary) as device_name,
        bool_or(recording.damage is not null) as is_damaged,
        max(recording.perceived_exertion_0_10) as perceived_exertion_0_10,
        arg_max(recording.note, recording.is_primary) as note
    from recording
    left join source_sharing as sharing
        on sharing.runner_id = recording.runner_id and sharing.source = recording.source
    where recording.runner_id = $runner_id
        and coalesce(sharing.may_reach_clinician, recording.source <> 'strava')
    group by recording.session_id
)

select
    session.*,
    answer.* exclude (session_id),
    told.* exclude (session_id),
    copy.* exclude (session_id)
from "session" as session
left join answer on answer.session_id = session.session_id
left join told on told.session_id = session.session_id
left join copy on copy.session_id = session.session_id
where session.runner_id = $runner_id and session.session_date between $since_date and $until_date
order by session.start_utc desc, session.session_id
