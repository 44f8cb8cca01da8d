-- One row per finding that somebody should look at, red flags first, those that a
-- clinician set aside left out; a red flag silences the rest of its session.
with flagged_finding as (
    select *, min(outcome_rank(outcome)) over (partition by session_id) as worst_rank
    from finding
    where outcome in ('contact_clinician', 'hold', 'outside_plan') and overridden_by is null
)

select * exclude (worst_rank)
from flagged_finding
where outcome = 'contact_clinician' or worst_rank <> outcome_rank('contact_clinician')
