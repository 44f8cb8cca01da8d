-- One row per run and fact of the hip's answer: pain during, its rise after and the next morning, red flags.
-- Nothing said is pending until the answer is due (noon of the next local day) and not assessable after; never 0.
with answer as (
    select
        session_id,
        arg_max(pain_0_10, entry_id) filter (moment = 'before') as pain_before,
        arg_max(pain_0_10, entry_id) filter (moment = 'during') as pain_during,
        arg_max(pain_0_10, entry_id) filter (moment = 'after') as pain_after,
        arg_max(pain_0_10, entry_id) filter (moment = 'next_morning') as pain_next_morning
    from symptom
    where pain_0_10 is not null
    group by session_id
),

asked as (
    -- a flag said for one moment is not taken back by "none" at another, only by a new answer for the same one
    select session_id, arg_max(red_flags, entry_id) as red_flags
    from symptom
    where red_flags is not null
    group by session_id, moment
),

red_flag as (
    select
        session_id,
        list_sort(list_distinct(flatten(list(red_flags)))) as red_flags
    from asked
    group by session_id
),

run_answer as (
    select
        run.runner_id,
        run.session_id,
        answer.pain_before,
        answer.pain_during,
        answer.pain_after,
        answer.pain_next_morning,
        len(red_flag.red_flags) as red_flag_count,
        array_to_string(red_flag.red_flags, ', ') as red_flag_names,
        as_of.as_of_utc
        < timezone('UTC', cast(run.session_date + interval 36 hours as timestamp)) - to_seconds(run.utc_offset_s)
            as is_pending
    from run_session as run
    cross join as_of
    left join answer on answer.session_id = run.session_id
    left join red_flag on red_flag.session_id = run.session_id
),

long_form as (
    select
        runner_id,
        session_id,
        is_pending,
        unnest(['pain_during', 'pain_after_rise', 'pain_next_morning_rise', 'red_flag_count']) as fact,
        unnest([
            cast(pain_during as double),
            cast(pain_after - pain_before as double),
            cast(pain_next_morning - pain_before as double),
            cast(red_flag_count as double)
        ]) as "value",
        unnest([
            'how the hip felt during the run was not entered',
            'the pain before and after the run was not entered',
            'the pain before the run and the next morning was not entered',
            'the red-flag questions were not answered'
        ]) as what_is_missing,
        unnest([null, null, null, nullif(red_flag_names, '')]) as told
    from run_answer
)

select
    runner_id,
    session_id,
    fact,
    "value",
    case when "value" is not null then 'ok' when is_pending then 'pending' else 'not_assessable' end as status,
    case when "value" is null then what_is_missing else told end as detail
from long_form
