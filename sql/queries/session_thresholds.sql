-- Every session with its copies, the digest of what it was derived with, and what the log tells of its critical speed.
select
    measured.runner_id,
    measured.session_id,
    measured.session_date,
    measured.threshold_digest,
    any_value(estimate.critical_speed_mps) as estimated_critical_speed_mps,
    list(recording.recording_id) as recording_ids
from measured_session as measured
inner join recording on recording.session_id = measured.session_id
left join critical_speed_estimate as estimate on estimate.session_id = measured.session_id
group by all
order by measured.runner_id, measured.session_id
