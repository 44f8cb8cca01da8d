-- One row per limit held against one run: the worst are breaches, the unknown are rows too, never silently compliant.
with staged as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        stage.stage_id,
        stage.set_by,
        stage.set_on_date,
        period.protocol_version
    from run_session as run
    left join stage_on_date as stage on stage.runner_id = run.runner_id and stage.stage_date = run.session_date
    left join protocol_period as period
        on period.runner_id = run.runner_id
        and run.session_date >= period.valid_from_date
        and run.session_date < period.valid_before_date
),

held as (
    select
        staged.*,
        stage_limit.* exclude (stage_id, protocol_version),
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
    inner join stage_limit
        on stage_limit.protocol_version = staged.protocol_version
        and stage_limit.stage_id = staged.stage_id
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
    judged.runner_id,
    judged.session_id,
    judged.session_date,
    judged.stage_id,
    judged.fact,
    judged.observed,
    judged.limit_value,
    judged.bound,
    judged.unit,
    judged.found as outcome,
    if(judged.is_breach, judged.start_s, null) as start_s,
    if(judged.is_breach, judged.end_s, null) as end_s,
    finding_message(
        judged.found,
        judged.sentence,
        judged.observed,
        judged.limit_value,
        judged.bound,
        judged.unit,
        judged.detail,
        judged.stage_id,
        judged.set_by,
        judged.set_on_date,
        judged.is_breach and judged.is_too_close
    ) as message,
    judged.protocol_version,
    judged.source,
    judged.basis,
    judged.set_by,
    judged.set_on_date,
    override.overridden_by,
    override.override_reason
from judged
left join override on override.session_id = judged.session_id and override.fact = judged.fact
union all by name
select
    runner_id,
    session_id,
    session_date,
    'stage' as fact,
    'not_assessable' as outcome,
    if(
        stage_id is null,
        'No stage was set for this day, so nothing can be held against it (gaitkeeper stage set).',
        'The protocol that held on this day has no stage ' || stage_id || ' (gaitkeeper stage set).'
    ) as message
from staged
anti join protocol_stage as known
    on known.protocol_version = staged.protocol_version and known.stage_id = staged.stage_id
