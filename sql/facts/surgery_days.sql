-- One row per run: local days that a surgeon's lock still had to go on its day, the day itself included; 0 without one.
with locked as (
    select
        run.runner_id,
        run.session_id,
        run.session_date,
        max(surgery_lock.locked_until_date) as locked_until_date,
        any_value(surgery_lock.said_by) as said_by
    from run_session as run
    left join surgery_lock on surgery_lock.runner_id = run.runner_id
    group by run.runner_id, run.session_id, run.session_date
)

select
    runner_id,
    session_id,
    'surgery_lock_days' as fact,
    cast(greatest(coalesce(date_diff('day', session_date, locked_until_date) + 1, 0), 0) as double) as "value",
    'ok' as status,
    if(locked_until_date is null, 'no lock after surgery was entered', 'locked until ' || locked_until_date || ' by ' || said_by)
        as detail
from locked
