-- One row per session and moment that something was said about: the last word on each part of the answer. What a later
-- entry does not mention stays; nothing said at one moment is taken back at another.
select
    runner_id,
    session_id,
    moment,
    arg_max(pain_0_10, entry_id) filter (pain_0_10 between 0 and 10) as pain_0_10,
    arg_max(side, entry_id) filter (side is not null) as side,
    arg_max(lower(place), entry_id) filter (place is not null) as place,
    arg_max(phase, entry_id) filter (phase is not null) as phase,
    arg_max(red_flags, entry_id) filter (red_flags is not null) as red_flags,
    arg_max(entry_utc, entry_id) filter (pain_0_10 between 0 and 10) as answered_utc
from symptom
group by runner_id, session_id, moment
