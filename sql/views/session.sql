-- One row per training session, duplicates merged, with the stage of its day and its verdict: its worst finding.
with verdict as (
    select
        session_id,
        arg_min(outcome, outcome_rank(outcome)) as verdict
    from finding
    where overridden_by is null
    group by session_id
),

-- a channel that another copy lent is that copy's, and so is who may see it
borrowed as (
    select distinct field.session_id
    from session_field as field
    inner join recording as lender on lender.recording_id = field.recording_id
    left join source_sharing as sharing
        on sharing.runner_id = lender.runner_id and sharing.source = lender.source
    where not coalesce(sharing.may_reach_clinician, lender.source <> 'strava')
)

select
    measured.* exclude (threshold_digest),
    stage.stage_id,
    verdict.verdict,
    excluded.session_id is not null as is_excluded,
    leader.source,
    coalesce(sharing.may_reach_clinician, leader.source <> 'strava')
    and borrowed.session_id is null as may_reach_clinician
from measured_session as measured
inner join recording as leader on leader.recording_id = measured.session_id
left join source_sharing as sharing
    on sharing.runner_id = measured.runner_id and sharing.source = leader.source
left join stage_on_date as stage
    on stage.runner_id = measured.runner_id and stage.stage_date = measured.session_date
left join excluded_session as excluded on excluded.session_id = measured.session_id
left join borrowed on borrowed.session_id = measured.session_id
left join verdict on verdict.session_id = measured.session_id
