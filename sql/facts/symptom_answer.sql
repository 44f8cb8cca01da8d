-- One row per run and fact of the hip's answer: pain during, its rise after and the next morning, red flags, and whether
-- it hurts with the foot on the ground. Nothing said is pending until the answer is due (noon of the next local day) and
-- not assessable after; never 0.
with answer as (
    select
        session_id,
        max(pain_0_10) filter (moment = 'before') as pain_before,
        max(pain_0_10) filter (moment = 'during') as pain_during,
        max(pain_0_10) filter (moment = 'after') as pain_after,
        max(pain_0_10) filter (moment = 'next_morning') as pain_next_morning,
        max(answered_utc) filter (moment = 'next_morning') as morning_utc,
        max(pain_0_10) as worst_pain,
        -- what was said without a moment is about the run
        coalesce(max(phase) filter (moment = 'during'), max(phase) filter (moment is null)) as during_phase,
        coalesce(
            max(pain_0_10) filter (phase in ('foot_on_ground', 'both')),
            if(bool_or(phase in ('foot_on_ground', 'both') and moment is null), worst_pain, null)
        ) as pain_on_ground,
        list_sort(list_distinct(flatten(list(red_flags) filter (red_flags is not null)))) as red_flags
    from moment_answer
    group by session_id
),

run_answer as (
    select
        run.runner_id,
        run.session_id,
        answer.* exclude (session_id),
        (answer.pain_before is not null)::integer + (answer.pain_during is not null)::integer
        + (answer.pain_after is not null)::integer + (answer.pain_next_morning is not null)::integer as entry_count,
        date_diff('minute', run.start_utc + to_seconds(coalesce(run.elapsed_s, 0)), answer.morning_utc) / 60 as morning_h,
        as_of.as_of_utc
        < timezone('UTC', cast(run.session_date + interval 36 hours as timestamp)) - to_seconds(run.utc_offset_s)
            as is_pending
    from run_session as run
    cross join as_of
    left join answer on answer.session_id = run.session_id
),

long_form as (
    select
        runner_id,
        session_id,
        is_pending,
        unnest([
            {fact: 'pain_during', told: pain_during, why_not: 'how the hip felt during the run was not entered', note: null},
            {
                fact: 'pain_after_rise',
                told: pain_after - pain_before,
                why_not: 'the pain ' || array_to_string(
                    [if(pain_before is null, 'before', null), if(pain_after is null, 'after', null)], ' and '
                ) || ' the run was not entered',
                note: null
            },
            {
                fact: 'pain_next_morning_rise',
                told: pain_next_morning - pain_before,
                why_not: 'the pain ' || array_to_string(
                    [
                        if(pain_before is null, 'before the run', null),
                        if(pain_next_morning is null, 'the next morning', null)
                    ],
                    ' and '
                ) || ' was not entered',
                note: if(
                    morning_h > 36 or morning_h < 8,
                    'said ' || printf('%.0f', morning_h) || ' hours after the run; the next morning is 8 to 36 hours after it',
                    null
                )
            },
            {
                fact: 'red_flag_count',
                told: len(red_flags),
                why_not: 'the red-flag questions were not answered',
                note: nullif(array_to_string(red_flags, ', '), '')
            },
            {
                fact: 'symptom_entry_count',
                told: if(entry_count = 4 or not is_pending, entry_count, null),
                why_not: entry_count || ' of 4 answers so far',
                note: nullif(
                    'not entered: ' || array_to_string(
                        [
                            if(pain_before is null, 'before', null),
                            if(pain_during is null, 'during', null),
                            if(pain_after is null, 'after', null),
                            if(pain_next_morning is null, 'next morning', null)
                        ],
                        ', '
                    ),
                    'not entered: '
                )
            },
            {
                fact: 'foot_on_ground_pain',
                told: case
                    when pain_on_ground > 0 then pain_on_ground
                    when pain_during = 0 or (pain_during > 0 and during_phase = 'knee_lift') then 0
                end,
                why_not: case
                    when pain_during is null then 'how the hip felt during the run was not entered'
                    when during_phase = 'unsure' then 'the runner can''t tell when in the stride it hurts'
                    else 'when in the stride it hurts was not entered'
                end,
                note: null
            }
        ]) as entry
    from run_answer
)

select
    runner_id,
    session_id,
    entry.fact as fact,
    cast(entry.told as double) as "value",
    case when entry.told is not null then 'ok' when is_pending then 'pending' else 'not_assessable' end as status,
    if(entry.told is null, entry.why_not, entry.note) as detail
from long_form
