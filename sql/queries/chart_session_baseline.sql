-- The line of cadence on speed that holds for one session: the one that was set, else that of the 60 days before where
-- they are enough; and what the stage's limits say about the cadence against it.
with said as (
    select
        session.session_id,
        max(cast(setting.setting_value as double)) filter (setting.setting = 'cadence_baseline_spm') as baseline_spm,
        max(cast(setting.setting_value as double)) filter (setting.setting = 'cadence_baseline_speed_mps')
            as baseline_speed_mps,
        max(cast(setting.setting_value as double)) filter (setting.setting = 'cadence_slope_spm_per_mps')
            as slope_spm_per_mps
    from measured_session as session
    left join runner_setting as setting
        on setting.runner_id = session.runner_id
        and starts_with(setting.setting, 'cadence_')
        and session.session_date >= setting.valid_from_date
        and session.session_date < setting.valid_before_date
    where session.session_id = $session_id
    group by session.session_id
),

band as (
    select
        max(limit_value) filter (bound = 'min') as least_cadence_ratio,
        min(limit_value) filter (bound = 'max') as most_cadence_ratio
    from finding
    where session_id = $session_id and fact = 'matched_cadence_ratio'
),

known as (
    select
        said.session_id,
        said.baseline_spm is not null and said.slope_spm_per_mps is not null as is_said,
        coalesce(own.run_count >= 8 and own.minute_count >= 120 and own.slope_spm_per_mps between 3 and 18, false)
            as is_enough,
        if(is_said, said.baseline_spm, own.baseline_spm) as baseline_spm,
        if(is_said, said.baseline_speed_mps, own.baseline_speed_mps) as baseline_speed_mps,
        if(is_said, said.slope_spm_per_mps, own.slope_spm_per_mps) as slope_spm_per_mps
    from said
    left join cadence_baseline as own on own.session_id = said.session_id
)

select
    if(known.is_said or known.is_enough, known.baseline_spm, null) as baseline_spm,
    known.baseline_speed_mps,
    known.slope_spm_per_mps,
    known.is_said,
    band.least_cadence_ratio,
    band.most_cadence_ratio
from known
cross join band
