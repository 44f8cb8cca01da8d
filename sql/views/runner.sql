-- One row per runner of this home.
select
    entry.runner_id,
    min(entry.entry_utc) as added_utc,
    any_value(zone.setting_value) as time_zone
from journal_entry as entry
left join runner_setting as zone
    on zone.runner_id = entry.runner_id
    and zone.setting = 'time_zone'
    and zone.valid_before_date = date '9999-12-31'
where entry.entry_kind = 'runner'
group by entry.runner_id
