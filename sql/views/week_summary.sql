-- One row per runner and ISO week of local days, from the first session to today; weeks without a run are there too.
with first_week as (
    select runner_id, date_trunc('week', min(session_date)) as first_week_date, max(session_date) as last_run_date
    from measured_session
    group by runner_id
),

runner_week as (
    select
        first_week.runner_id,
        cast(
            unnest(
                generate_series(
                    first_week_date,
                    date_trunc('week', greatest(first_week_date, as_of_date, least(last_run_date, as_of_date + 2))),
                    interval 7 days
                )
            ) as date
        ) as week_start_date
    from first_week
    cross join as_of
),

fact_of_run as (
    select
        session_id,
        max("value") filter (fact = 'pickup_count') as pickup_count,
        max("value") filter (fact = 'tempo_s') as tempo_s,
        max("value") filter (fact = 'matched_cadence_ratio') as matched_cadence_ratio,
        max("value") filter (fact = 'pain_during') as pain_during
    from session_fact
    where fact in ('pickup_count', 'tempo_s', 'matched_cadence_ratio', 'pain_during')
    group by session_id
),

session_week as (
    select
        session.runner_id,
        cast(date_trunc('week', session.session_date) as date) as week_start_date,
        count(*) filter (not session.is_excluded) as session_count,
        count(run.session_id) as run_count,
        sum(session.run_s) filter (session.is_run and not session.is_excluded) as run_s,
        sum(coalesce(session.run_distance_m, session.distance_m)) filter (session.is_run and not session.is_excluded) as run_distance_m,
        sum(session.ascent_m) filter (session.is_run and not session.is_excluded) as ascent_m,
        sum(session.step_count) filter (session.is_run and not session.is_excluded) as step_count,
        sum(session.stride_cycle_count) filter (session.is_run and not session.is_excluded) as stride_cycle_count,
        sum(fact_of_run.pickup_count) as pickup_count,
        sum(fact_of_run.tempo_s) as tempo_s,
        sum(session.mean_run_cadence_spm * session.run_s) filter (session.is_run and not session.is_excluded)
        / sum(session.run_s) filter (session.is_run and not session.is_excluded and session.mean_run_cadence_spm is not null)
            as mean_run_cadence_spm,
        median(fact_of_run.matched_cadence_ratio) as matched_cadence_ratio,
        count(*) filter (session.verdict in ('contact_clinician', 'hold', 'outside_plan')) as flagged_count,
        max(fact_of_run.pain_during) as max_pain_during
    from "session"
    left join run_session as run on run.session_id = session.session_id
    left join fact_of_run on fact_of_run.session_id = session.session_id
    group by all
),

rehab_week as (
    select runner_id, cast(date_trunc('week', rehab_date) as date) as week_start_date, count(*) as rehab_count
    from rehab
    group by all
)

select
    runner_week.runner_id,
    strftime(runner_week.week_start_date, '%G-W%V') as iso_week,
    runner_week.week_start_date,
    stage.stage_id,
    coalesce(session_week.session_count, 0) as session_count,
    coalesce(session_week.run_count, 0) as run_count,
    session_week.* exclude (runner_id, week_start_date, session_count, run_count, flagged_count, max_pain_during),
    coalesce(session_week.flagged_count, 0) as flagged_count,
    session_week.max_pain_during,
    coalesce(rehab_week.rehab_count, 0) as rehab_count
from runner_week
cross join as_of
left join session_week using (runner_id, week_start_date)
left join rehab_week using (runner_id, week_start_date)
left join stage_on_date as stage
    on stage.runner_id = runner_week.runner_id
    and stage.stage_date
    = greatest(runner_week.week_start_date, least(runner_week.week_start_date + interval 6 days, as_of.as_of_date))
