-- The red flags that stand today, by session: what the immediate check compares with what it saw before. What a runner
-- said counts with or without a stage, as the last word on its moment; so does any finding that asks for the clinician.
with said as (
    select runner_id, session_id, 'said' as fact, entry_id as mark, red_flags, moment
    from symptom
    where red_flags is not null and entry_utc >= $since_date
    qualify row_number() over (partition by session_id, moment order by entry_id desc) = 1
)

select runner_id, session_id, fact, mark
from said
where len(red_flags) > 0
union all
select runner_id, session_id, fact, cast(observed as varchar) as mark
from flagged
where outcome = 'contact_clinician' and session_date >= $since_date
order by runner_id, session_id, fact, mark
