-- The sessions that a person may mean: by id or its start, by a recording's id, by local day, or the last run.
select distinct session.session_id, session.session_date, session.start_utc
from measured_session as session
inner join recording on recording.session_id = session.session_id
where ($runner_id is null or session.runner_id = $runner_id)
    and (
        starts_with(session.session_id, $wanted)
        or starts_with(recording.recording_id, $wanted)
        or cast(session.session_date as varchar) = $wanted
        or (
            $wanted = 'last'
            and session.start_utc = (
                select max(start_utc) from run_session where $runner_id is null or runner_id = $runner_id
            )
        )
    )
order by session.start_utc, session.session_id
