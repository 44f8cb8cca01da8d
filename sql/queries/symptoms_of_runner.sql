-- Every symptom entry of one runner, or of one session, in the order in which they were said.
select *
from symptom
where runner_id = $runner_id and ($session_id is null or session_id = $session_id)
order by entry_id
