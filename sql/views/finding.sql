-- One row per limit held against one run: the worst are breaches, the unknown are rows too, never silently compliant.
with staged as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        stage.stage_id,
        stage.set_by,
        stage.set_on_date
    from run_session as run
    left join stage_on_date as stage on stage.runner_id = run.runner_id and stage.stage_date = run.session_date
),

held as (
    select
        staged.*,
        stage_limit.* exclude (stage_id),
        fact."value" as observed,
        fact.status,
        fact.detail,
        fact.start_s,
        fact.end_s,
        definition.unit,
        coalesce(
            if(stage_limit.bound = 'max', fact."value" > stage_limit.limit_value, fact."value" < stage_limit.limit_value),
            false
        ) as is_breach,
        coalesce(
            abs(fact."value" - stage_limit.limit_value)
            <= greatest(
                coalesce(definition.error_abs, 0), coalesce(definition.error_ratio, 0) * abs(stage_limit.limit_value)
            ),
            false
        ) as is_too_close
    from staged
    inner join stage_limit on stage_limit.stage_id = staged.stage_id
    left join session_fact as fact on fact.session_id = staged.session_id and fact.fact = stage_limit.fact
    left join fact_definition as definition on definition.fact = stage_limit.fact
),

judged as (
    select
        *,
        case
            when status = 'pending' then 'pending'
            when status is null or status = 'not_assessable' then 'not_assessable'
            when is_breach and is_too_close and outcome = 'outside_plan' then 'note'
            when is_breach then outcome
            else 'within_plan'
        end as found
    from held
)

select
    runner_id,
    session_id,
    session_date,
    stage_id,
    fact,
    observed,
    limit_value,
    bound,
    unit,
    found as outcome,
    if(is_breach, start_s, null) as start_s,
    if(is_breach, end_s, null) as end_s,
    finding_message(
        found, sentence, observed, limit_value, bound, unit, detail, stage_id, set_by, set_on_date, is_breach and is_too_close
    ) as message,
    protocol_version,
    source,
    basis,
    set_by,
    set_on_date
from judged
union all by name
select
    runner_id,
    session_id,
    session_date,
    'stage' as fact,
    'not_assessable' as outcome,
    'No stage was set for this day, so nothing can be held against it (gaitkeeper stage set).' as message
from staged
where stage_id is null or stage_id not in (select stage_id from protocol_stage)
