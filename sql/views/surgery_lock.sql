-- One row per runner whom a surgeon keeps from running: up to and including this local day.
select
    runner_id,
    try_cast(item_value as date) as locked_until_date,
    said_by
from intake
where item = 'surgery_lock_until' and try_cast(item_value as date) is not null
