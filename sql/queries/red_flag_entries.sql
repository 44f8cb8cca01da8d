-- The symptom entries of one runner that report a red flag and still are the last word on it, oldest first, from an
-- instant on. They are the runner's own words: whatever recorded the run, they may be told.
select
    symptom.entry_id,
    symptom.entry_utc,
    symptom.session_id,
    symptom.moment,
    symptom.red_flags,
    measured_session.session_date
from symptom
left join measured_session on measured_session.session_id = symptom.session_id
where symptom.runner_id = $runner_id and symptom.red_flags is not null
qualify row_number() over (
    partition by symptom.session_id, symptom.moment
    order by symptom.entry_id desc
) = 1
and len(symptom.red_flags) > 0
and symptom.entry_utc >= $since_utc
order by symptom.entry_id
