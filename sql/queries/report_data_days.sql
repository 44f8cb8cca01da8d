-- The local days of one runner in a span on which something arrived: a recording that a clinician may see, or an entry of
-- pain, rehab work or a questionnaire.
with entry_day as (
    select cast(timezone(runner.time_zone, symptom.entry_utc) as date) as data_date, false as is_recording
    from symptom
    inner join runner on runner.runner_id = symptom.runner_id
    where symptom.runner_id = $runner_id
    union all
    select rehab_date as data_date, false as is_recording from rehab where runner_id = $runner_id
    union all
    select prom_date as data_date, false as is_recording from prom where runner_id = $runner_id
    union all
    select session_date as data_date, true as is_recording
    from "session"
    where runner_id = $runner_id and may_reach_clinician is distinct from false
)

select data_date, bool_or(is_recording) as has_recording, bool_or(not is_recording) as has_entry
from entry_day
where data_date between $since_date and $until_date
group by data_date
order by data_date
