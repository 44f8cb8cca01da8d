-- One row per run and fact of how the hip's answer changed: a place, side or phase of the stride that was not there in
-- the 28 days before, and pain at knee lift that rose after the cadence did. With no pain there is nothing new.
with answered as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        max(answer.pain_0_10) as worst_pain,
        max(answer.pain_0_10) filter (answer.moment = 'during') as pain_during,
        coalesce(
            max(answer.phase) filter (answer.moment = 'during'), max(answer.phase) filter (answer.moment is null)
        ) as during_phase,
        case
            when pain_during = 0 or during_phase = 'foot_on_ground' then 0
            when during_phase in ('knee_lift', 'both') then pain_during
        end as swing_pain
    from run_session as run
    left join moment_answer as answer on answer.session_id = run.session_id
    group by run.runner_id, run.session_id, run.session_date
),

cadence as (
    select
        answered.*,
        count(answered.worst_pain) over month_before as answered_count,
        coalesce(max(answered.worst_pain) over month_before, 0) > 0 as has_pain_before,
        round(matched."value" - median(matched."value") over month_before, 4) >= 0.03 as is_risen
    from answered
    left join matched_cadence as matched on matched.session_id = answered.session_id
    window month_before as (
        partition by answered.runner_id order by answered.session_date
        range between interval 28 days preceding and interval 1 day preceding
    )
),

run_answer as (
    select
        *,
        min(session_date) filter (is_risen) over seven_days as rise_date,
        count(is_risen) over seven_days as known_count
    from cadence
    window seven_days as (
        partition by runner_id order by session_date range between interval 7 days preceding and current row
    )
),

said as (
    select
        run_answer.runner_id,
        run_answer.session_id,
        run_answer.session_date,
        run_answer.has_pain_before,
        unnest([
            {kind: 'place', part: answer.place},
            {kind: 'side', part: if(answer.side = 'both', 'left', answer.side)},
            {kind: 'side', part: if(answer.side = 'both', 'right', null)},
            {kind: 'phase', part: if(answer.phase = 'both', 'knee lift', replace(answer.phase, '_', ' '))},
            {kind: 'phase', part: if(answer.phase = 'both', 'foot on ground', null)}
        ], recursive := true)
    from run_answer
    inner join moment_answer as answer on answer.session_id = run_answer.session_id
    where run_answer.worst_pain > 0 and (answer.pain_0_10 > 0 or answer.moment is null)
),

hurting_part as (
    select distinct * from said where part is not null and part <> 'unsure'
),

compared as (
    select
        part.session_id,
        part.part,
        count(past.part) > 0 or not part.has_pain_before as is_comparable,
        is_comparable and not coalesce(bool_or(past.part = part.part), false) as is_new
    from hurting_part as part
    left join hurting_part as past
        on past.runner_id = part.runner_id
        and past.kind = part.kind
        and past.session_date between part.session_date - interval 28 days and part.session_date - interval 1 day
    group by part.session_id, part.kind, part.part, part.has_pain_before
),

new_place as (
    select
        session_id,
        count(*) filter (is_comparable) as comparable_count,
        list(part order by part) filter (is_new) as new_parts
    from compared
    group by session_id
),

swing as (
    select run.session_id, quantile_disc(past.swing_pain, 0.5) as swing_pain_before
    from run_answer as run
    inner join run_answer as past
        on past.runner_id = run.runner_id
        and past.session_date between run.rise_date - interval 28 days and run.rise_date - interval 1 day
    group by run.session_id
),

reasoned as (
    select
        run_answer.*,
        new_place.new_parts,
        swing.swing_pain_before,
        case
            when worst_pain is null then 'how the hip felt was not entered'
            when worst_pain = 0 then null
            when comparable_count is null then 'where it hurt was not entered'
            when answered_count = 0 then 'no answered run in the 28 days before to compare with'
            when comparable_count = 0 then 'where it hurt in the 28 days before was not entered'
        end as why_no_place,
        case
            when pain_during is null then 'how the hip felt during the run was not entered'
            when swing_pain is null then 'when in the stride it hurts was not entered'
            when swing_pain = 0 then null
            when rise_date is not null and swing_pain_before is null then
                'the pain at knee lift before the cadence rose is not known'
            when rise_date is null and known_count = 0 then 'the cadence of these seven days can''t be compared'
        end as why_no_swing
    from run_answer
    left join new_place on new_place.session_id = run_answer.session_id
    left join swing on swing.session_id = run_answer.session_id
),

long_form as (
    select
        runner_id,
        session_id,
        unnest(['new_pain_place_count', 'swing_pain_rise_after_cadence']) as fact,
        unnest([
            if(why_no_place is null, coalesce(len(new_parts), 0), null),
            case
                when why_no_swing is not null then null
                when swing_pain = 0 then 0
                when rise_date is not null then swing_pain - swing_pain_before
            end
        ]) as told,
        unnest([why_no_place, why_no_swing]) as why_not,
        unnest([
            'new: ' || array_to_string(new_parts, ', '),
            case
                when swing_pain > 0 and rise_date is null then 'the cadence at the same speed did not rise in these seven days'
                when swing_pain > 0 then 'the cadence at the same speed rose on ' || rise_date
            end
        ]) as note
    from reasoned
)

select
    long_form.runner_id,
    long_form.session_id,
    long_form.fact,
    cast(long_form.told as double) as "value",
    case when why_not is null then 'ok' when during.status = 'pending' then 'pending' else 'not_assessable' end as status,
    coalesce(why_not, note) as detail
from long_form
left join symptom_answer as during on during.session_id = long_form.session_id and during.fact = 'pain_during'
