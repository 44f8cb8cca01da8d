-- One row per run: its cadence against the runner's own baseline at the same speed; 0.07 is 7 % above.
-- The baseline is the one that the clinician set: steps a minute at a speed, and a slope.
with baseline as (
    select
        run.runner_id,
        run.session_id,
        cast(spm.setting_value as double) as baseline_spm,
        cast(speed.setting_value as double) as baseline_mps,
        cast(slope.setting_value as double) as slope_spm_per_mps
    from run_session as run
    left join runner_setting as spm
        on spm.runner_id = run.runner_id
        and spm.setting = 'cadence_baseline_spm'
        and run.session_date >= spm.valid_from_date
        and run.session_date < spm.valid_before_date
    left join runner_setting as speed
        on speed.runner_id = run.runner_id
        and speed.setting = 'cadence_baseline_speed_mps'
        and run.session_date >= speed.valid_from_date
        and run.session_date < speed.valid_before_date
    left join runner_setting as slope
        on slope.runner_id = run.runner_id
        and slope.setting = 'cadence_slope_spm_per_mps'
        and run.session_date >= slope.valid_from_date
        and run.session_date < slope.valid_before_date
),

matched as (
    select
        baseline.runner_id,
        baseline.session_id,
        any_value(baseline.baseline_spm) as baseline_spm,
        any_value(baseline.slope_spm_per_mps) as slope_spm_per_mps,
        count(minute.cadence_spm) as minute_count,
        median(
            minute.cadence_spm
            / (baseline.baseline_spm + baseline.slope_spm_per_mps * (minute.speed_mps - baseline.baseline_mps))
            - 1
        ) as cadence_ratio
    from baseline
    left join cadence_minute as minute on minute.session_id = baseline.session_id
    group by baseline.runner_id, baseline.session_id
)

select
    runner_id,
    session_id,
    'matched_cadence_ratio' as fact,
    if(minute_count >= 10, cadence_ratio, null) as "value",
    if(minute_count >= 10 and cadence_ratio is not null, 'ok', 'not_assessable') as status,
    case
        when baseline_spm is null then 'no cadence baseline is set (gaitkeeper runner set --cadence-baseline)'
        when slope_spm_per_mps is null then 'no cadence slope is set (gaitkeeper runner set --cadence-slope)'
        when minute_count < 10 then 'only ' || minute_count || ' of 10 minutes of flat, steady running'
        else minute_count || ' minutes of flat, steady running'
    end as detail
from matched
