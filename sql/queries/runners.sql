-- The runners of this home.
select runner_id
from journal_entry
where entry_kind = 'runner'
group by runner_id
order by min(entry_utc), runner_id
