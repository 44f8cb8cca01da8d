-- The findings of one session that name a stretch of it, worst first; where a red flag stands, it stands alone.
with found as (
    select *
    from finding
    where session_id = $session_id
)

select *
from found
where start_s is not null
    and end_s is not null
    and (
        outcome = 'contact_clinician'
        or not exists (select 1 from found where outcome = 'contact_clinician' and overridden_by is null)
    )
order by outcome_rank(outcome), start_s, fact
