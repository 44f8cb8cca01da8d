-- One row per run since the stage of today began, newest first by run_place, with the hip's answers to it.
with answer as (
    select
        session_id,
        max("value") filter (fact = 'pain_during') as pain_during,
        max("value") filter (fact = 'pain_after_rise') as pain_after_rise,
        max("value") filter (fact = 'pain_next_morning_rise') as pain_next_morning_rise,
        max("value") filter (fact = 'red_flag_count') as red_flag_count,
        bool_or(status = 'pending') as is_pending
    from symptom_answer
    group by session_id
)

select
    effort.*,
    answer.pain_during,
    answer.pain_after_rise,
    answer.pain_next_morning_rise,
    answer.red_flag_count,
    answer.is_pending,
    row_number() over (
        partition by effort.runner_id order by effort.start_utc desc, effort.session_id
    ) as run_place
from run_effort as effort
inner join stage_today as stage
    on stage.runner_id = effort.runner_id
    and effort.session_date >= stage.set_on_date
    and effort.session_date <= stage.as_of_date
left join answer on answer.session_id = effort.session_id
