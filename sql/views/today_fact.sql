-- One row per runner and fact of today, within the stage of today: what criteria for advancing, holding and going back
-- are held against. What missing answers leave open is not assessable: its value is then what is known so far, the
-- least that it can be.
with counted as (
    select
        stage.runner_id,
        stage.set_on_date,
        stage.as_of_date,
        count(run.session_id) as run_count,
        count(*) filter (run.longest_run_bout_s >= 1800) as continuous_count,
        count(*) filter (run.pickup_count > 0) as pickup_session_count,
        count(*) filter (run.tempo_s > 0) as tempo_session_count,
        count(*) filter (run.interval_count > 0) as interval_session_count,
        count(*) filter (run.uphill_3pct_s >= 60) as hill_session_count,
        count(*) filter (
            run.run_place <= 3 and run.pain_during is not null and run.pain_after_rise is not null
            and run.pain_next_morning_rise is not null
        ) as last3_answered_count,
        count(*) filter (
            run.run_place <= 3 and run.pain_during <= 2 and run.pain_after_rise <= 1 and run.pain_next_morning_rise <= 0
        ) as last3_green_count,
        count(*) filter (
            run.run_place <= 3 and run.pain_next_morning_rise is null and not run.is_pending
        ) as last3_morning_missing_count,
        count(*) filter (run.run_place <= 3 and run.red_flag_count is null) as last3_unasked_count,
        count(*) filter (run.run_place <= 5 and run.pain_during is null) as last5_unanswered_count,
        count(*) filter (run.run_place <= 4 and run.pain_next_morning_rise is null) as last4_unanswered_count,
        count(*) filter (run.run_place <= 5 and run.pain_during > 2) as last5_amber_count,
        count(*) filter (run.run_place <= 4 and run.pain_next_morning_rise >= 2) as last4_morning_rise_count,
        max(run.pain_during) filter (run.run_place <= 5) as last5_max_pain,
        count(*) filter (
            run.pain_during > 2 and run.session_date > stage.as_of_date - interval 7 days
        ) as amber_7d_count,
        count(*) filter (
            run.pain_during is null and run.session_date > stage.as_of_date - interval 7 days
        ) as unanswered_7d_count,
        sum(run.red_flag_count) as red_flag_count,
        max(run.session_date) as last_run_date
    from stage_today as stage
    left join stage_run as run on run.runner_id = stage.runner_id
    where stage.stage_id is not null
    group by stage.runner_id, stage.set_on_date, stage.as_of_date
),

open_finding as (
    select counted.runner_id, count(distinct finding.session_id) as open_count
    from counted
    left join finding
        on finding.runner_id = counted.runner_id
        and finding.session_date > counted.as_of_date - interval 7 days
        and finding.session_date <= counted.as_of_date
        and finding.outcome in ('contact_clinician', 'hold', 'outside_plan')
        and finding.overridden_by is null
    group by counted.runner_id
),

latest as (
    select
        run.runner_id,
        max(fact."value") filter (fact.fact = 'rehab_adherence_ratio') as rehab_adherence_ratio,
        max(fact."value") filter (fact.fact = 'changed_variables_7d') as changed_variables_7d
    from stage_run as run
    left join session_fact as fact on fact.session_id = run.session_id
    where run.run_place = 1
    group by run.runner_id
),

-- where and when in the stride it hurt: a change of the picture, which a number of pain doesn't show
picture as (
    select
        run.runner_id,
        max(fact."value") filter (fact.fact = 'foot_on_ground_pain') as last3_foot_on_ground_pain,
        max(fact."value") filter (fact.fact = 'new_pain_place_count') as last3_new_pain_place_count,
        max(fact."value") filter (fact.fact = 'swing_pain_rise_after_cadence') as last3_swing_pain_rise,
        bool_or(fact."value" is null) filter (fact.fact = 'foot_on_ground_pain') as is_phase_open,
        bool_or(fact."value" is null) filter (fact.fact = 'new_pain_place_count') as is_place_open,
        bool_or(fact."value" is null) filter (fact.fact = 'swing_pain_rise_after_cadence') as is_swing_open
    from stage_run as run
    left join session_fact as fact on fact.session_id = run.session_id
    where run.run_place <= 3
    group by run.runner_id
),

gap as (
    select
        counted.runner_id,
        greatest(
            max(spacing."value") filter (
                spacing.fact = 'days_since_previous_run'
                -- a gap that lies before the stage is what the stage was set for
                and run.session_date - cast(spacing."value" as integer) >= counted.set_on_date
            ),
            date_diff('day', any_value(counted.last_run_date), any_value(counted.as_of_date))
        ) as layoff_days
    from counted
    left join stage_run as run on run.runner_id = counted.runner_id
    left join run_spacing as spacing on spacing.session_id = run.session_id
    group by counted.runner_id
),

long_form as (
    select
        counted.runner_id,
        counted.as_of_date as fact_date,
        unnest([
            {fact: 'stage_days', told: date_diff('day', set_on_date, as_of_date) + 1, why: null},
            {fact: 'stage_run_count', told: run_count, why: null},
            {fact: 'stage_continuous_30min_count', told: continuous_count, why: null},
            {fact: 'stage_pickup_session_count', told: pickup_session_count, why: null},
            {fact: 'stage_tempo_session_count', told: tempo_session_count, why: null},
            {fact: 'stage_interval_session_count', told: interval_session_count, why: null},
            {fact: 'stage_hill_session_count', told: hill_session_count, why: null},
            {fact: 'last3_answered_count', told: last3_answered_count, why: null},
            {
                fact: 'last3_green_count',
                told: last3_green_count,
                why: if(last3_answered_count < 3, 'not all of the last three runs have all four answers', null)
            },
            {fact: 'last3_morning_missing_count', told: last3_morning_missing_count, why: null},
            {
                fact: 'last5_amber_count',
                told: last5_amber_count,
                why: if(last5_unanswered_count > 0, 'one of the last five runs has no answer', null)
            },
            {
                fact: 'last4_morning_rise_count',
                told: last4_morning_rise_count,
                why: if(last4_unanswered_count > 0, 'one of the last four runs has no next-morning answer', null)
            },
            {
                fact: 'last5_max_pain',
                told: last5_max_pain,
                why: if(last5_unanswered_count > 0, 'one of the last five runs has no answer', null)
            },
            {
                fact: 'amber_runs_7d',
                told: amber_7d_count,
                why: if(unanswered_7d_count > 0, 'a run of the last seven days has no answer', null)
            },
            {
                fact: 'stage_red_flag_count',
                told: red_flag_count,
                why: if(last3_unasked_count > 0, 'the red-flag questions are open for one of the last three runs', null)
            },
            {
                fact: 'last3_foot_on_ground_pain',
                told: last3_foot_on_ground_pain,
                why: if(is_phase_open, 'when in the stride it hurts is not known for one of the last three runs', null)
            },
            {
                fact: 'last3_new_pain_place_count',
                told: last3_new_pain_place_count,
                why: if(is_place_open, 'where it hurts can''t be compared for one of the last three runs', null)
            },
            {
                fact: 'last3_swing_pain_rise',
                told: last3_swing_pain_rise,
                why: if(is_swing_open, 'the pain at knee lift can''t be compared for one of the last three runs', null)
            },
            {fact: 'open_finding_count_7d', told: open_count, why: null},
            {fact: 'latest_rehab_adherence_ratio', told: rehab_adherence_ratio, why: null},
            {fact: 'latest_changed_variables_7d', told: changed_variables_7d, why: null},
            {fact: 'layoff_days', told: layoff_days, why: null}
        ]) as entry
    from counted
    left join open_finding using (runner_id)
    left join latest using (runner_id)
    left join picture using (runner_id)
    left join gap using (runner_id)
)

select
    long_form.runner_id,
    long_form.fact_date,
    entry.fact as fact,
    cast(entry.told as double) as "value",
    definition.unit,
    if(entry.told is null or entry.why is not null, 'not_assessable', 'ok') as status,
    coalesce(
        entry.why,
        case
            when entry.told is not null then null
            when entry.fact = 'latest_rehab_adherence_ratio' then 'rehab work or its plan is not known'
            when entry.fact = 'latest_changed_variables_7d' then 'nothing to compare the last week with'
            else 'no run in this stage yet'
        end
    ) as detail
from long_form
left join fact_definition as definition on definition.fact = entry.fact
