-- One row per fact of one session, whatever made it: its samples, its place in the history, or what was said.
with every_fact as (
    select runner_id, session_id, fact, "value", status, detail, start_s, end_s from measured_fact
    union all by name
    select * from run_spacing
    union all by name
    select * from load_change
    union all by name
    select * from pickup_week
    union all by name
    select * from tempo_week
    union all by name
    select * from hard_spacing
    union all by name
    select * from surgery_days
    union all by name
    select * from changed_variables
    union all by name
    select * from symptom_answer
    union all by name
    select * from symptom_change
    union all by name
    select * from rehab_adherence
    union all by name
    select * from matched_cadence
)

select
    every_fact.runner_id,
    every_fact.session_id,
    every_fact.fact,
    every_fact."value",
    definition.unit,
    every_fact.status,
    every_fact.detail,
    every_fact.start_s,
    every_fact.end_s
from every_fact
left join fact_definition as definition on definition.fact = every_fact.fact
