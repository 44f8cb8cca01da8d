-- One row per pair of sessions of which a person has to say whether they are the same run, by a recording of each: those
-- that share some of their minutes, and those of equal length and distance whose starts are whole quarters of an hour
-- apart (a zone set wrong on one device). Settled by `gaitkeeper correct same` or `different`.
with twin as (
    select
        one.session_id as recording_id,
        other.session_id as other_recording_id
    from measured_session as one
    inner join measured_session as other
        on other.runner_id = one.runner_id
        and other.session_id <> one.session_id
        and other.start_utc > one.start_utc
        and other.start_utc <= one.start_utc + interval 14 hours
        and one.distance_m > 500
        and abs(other.distance_m - one.distance_m) <= 0.002 * one.distance_m
        and abs(other.timer_s - one.timer_s) <= 3
        and abs(
            date_diff('second', one.start_utc, other.start_utc)
            - 900 * round(date_diff('second', one.start_utc, other.start_utc) / 900)
        ) <= 3
),

asked as (
    select recording_id, other_recording_id, 'share ' || cast(round(100 * shared_ratio) as integer) || ' % of their minutes' as why
    from overlap
    where shared_ratio < 0.6
    union all
    select recording_id, other_recording_id, 'same length and distance, shifted by whole quarters of an hour' as why
    from twin
),

parted as (
    select one.session_id, other.session_id as other_session_id
    from correction as settled
    inner join recording as one on one.recording_id = settled.recording_id
    inner join recording as other on other.recording_id = settled.other_recording_id
    where settled.correction = 'different'
),

open_pair as (
    select
        one.runner_id,
        asked.recording_id,
        asked.other_recording_id,
        one.file_name,
        other.file_name as other_file_name,
        one.start_utc,
        asked.why,
        one.session_id,
        other.session_id as other_session_id,
        (one.is_primary and other.is_primary) as is_of_leaders
    from asked
    inner join recording as one on one.recording_id = asked.recording_id
    inner join recording as other on other.recording_id = asked.other_recording_id
    where one.session_id <> other.session_id
)

select open_pair.* exclude (session_id, other_session_id, is_of_leaders)
from open_pair
anti join parted
    on least(parted.session_id, parted.other_session_id) = least(open_pair.session_id, open_pair.other_session_id)
    and greatest(parted.session_id, parted.other_session_id)
    = greatest(open_pair.session_id, open_pair.other_session_id)
qualify row_number() over (
    partition by
        least(open_pair.session_id, open_pair.other_session_id),
        greatest(open_pair.session_id, open_pair.other_session_id)
    order by open_pair.is_of_leaders desc, open_pair.recording_id, open_pair.other_recording_id, open_pair.why desc
) = 1
