-- One row per run: its cadence against the runner's own baseline at the same speed; 0.07 is 7 % above.
-- The baseline that the clinician set goes first; else the line through the steady minutes of the 60 days before, where
-- it rests on 8 runs and 120 minutes and has a slope that legs have, and only at speeds that were run in them.
with said as (
    select
        run.runner_id,
        run.session_id,
        max(cast(setting.setting_value as double)) filter (setting.setting = 'cadence_baseline_spm') as baseline_spm,
        max(cast(setting.setting_value as double)) filter (setting.setting = 'cadence_baseline_speed_mps')
            as baseline_speed_mps,
        max(cast(setting.setting_value as double)) filter (setting.setting = 'cadence_slope_spm_per_mps')
            as slope_spm_per_mps
    from run_session as run
    left join runner_setting as setting
        on setting.runner_id = run.runner_id
        and starts_with(setting.setting, 'cadence_')
        and run.session_date >= setting.valid_from_date
        and run.session_date < setting.valid_before_date
    group by run.runner_id, run.session_id
),

baseline as (
    select
        said.runner_id,
        said.session_id,
        said.baseline_spm is not null and said.slope_spm_per_mps is not null as is_said,
        own.run_count,
        own.minute_count,
        coalesce(own.run_count >= 8 and own.minute_count >= 120, false) as is_enough,
        coalesce(own.slope_spm_per_mps between 3 and 18, false) as is_believable,
        if(is_said, said.baseline_spm, own.baseline_spm) as baseline_spm,
        if(is_said, said.baseline_speed_mps, own.baseline_speed_mps) as baseline_speed_mps,
        if(is_said, said.slope_spm_per_mps, own.slope_spm_per_mps) as slope_spm_per_mps,
        if(is_said, 0, own.min_speed_mps - 0.2) as least_speed_mps,
        if(is_said, 99, own.max_speed_mps + 0.2) as greatest_speed_mps
    from said
    left join cadence_baseline as own on own.session_id = said.session_id
),

matched as (
    select
        baseline.session_id,
        count(minute.cadence_spm) as matched_count,
        median(
            minute.cadence_spm
            / (baseline.baseline_spm + baseline.slope_spm_per_mps * (minute.speed_mps - baseline.baseline_speed_mps))
            - 1
        ) as cadence_ratio
    from baseline
    inner join cadence_minute as minute
        on minute.session_id = baseline.session_id
        and minute.speed_mps between baseline.least_speed_mps and baseline.greatest_speed_mps
    group by baseline.session_id
),

reasoned as (
    select
        baseline.*,
        coalesce(matched.matched_count, 0) as matched_count,
        matched.cadence_ratio,
        case
            when not is_said and not is_enough then
                'no baseline is set, and the 60 days before hold ' || coalesce(run_count, 0) || ' of 8 runs and '
                || coalesce(minute_count, 0) || ' of 120 minutes of flat, steady running'
            when not is_said and not is_believable then
                'the cadence of the 60 days before does not follow the speed as legs do; have a baseline set'
            when coalesce(matched.matched_count, 0) < 10 then
                'only ' || coalesce(matched.matched_count, 0) || ' of 10 minutes of flat, steady running at a speed that '
                || 'the baseline knows'
        end as why_not
    from baseline
    left join matched on matched.session_id = baseline.session_id
)

select
    runner_id,
    session_id,
    'matched_cadence_ratio' as fact,
    if(why_not is null, cadence_ratio, null) as "value",
    if(why_not is null, 'ok', 'not_assessable') as status,
    coalesce(
        why_not,
        matched_count || ' minutes of flat, steady running against '
        || if(is_said, 'the baseline that was set', 'the 60 days before')
    ) as detail
from reasoned
