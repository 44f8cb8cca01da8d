-- The seconds of one session in bins for a chart: at most about `$bin_count`, none across a pause; the lowest and the
-- highest second of each bin are kept, so that a short stride does not vanish. Cadence is that of running seconds.
with second as (
    select
        *,
        t_s - lag(t_s, 1, -1) over (order by t_s) > 10 as is_after_gap,
        cast(ceil(count(*) over () / $bin_count) as bigint) as bin_s
    from sample
    where session_id = $session_id
),

numbered as (
    select
        *,
        sum(is_after_gap::integer) over (order by t_s) as piece
    from second
),

binned as (
    select
        *,
        (row_number() over (partition by piece order by t_s) - 1) // bin_s as bin_index
    from numbered
)

select
    piece,
    min(t_s) as start_s,
    max(t_s) + 1 as end_s,
    avg(speed_mps) as speed_mps,
    min(speed_mps) as low_speed_mps,
    max(speed_mps) as high_speed_mps,
    avg(speed_mps) filter (gait = 'run') as run_speed_mps,
    avg(altitude_m) as altitude_m,
    avg(cadence_spm) filter (gait = 'run') as cadence_spm,
    min(cadence_spm) filter (gait = 'run') as low_cadence_spm,
    max(cadence_spm) filter (gait = 'run') as high_cadence_spm,
    avg(heart_rate_bpm) as heart_rate_bpm
from binned
group by piece, bin_index
order by start_s
