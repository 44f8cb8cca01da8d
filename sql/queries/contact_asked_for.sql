-- Those of some sessions for which the plan asks for the clinician now.
select distinct session_id
from finding
where session_id in (select unnest($session_ids)) and outcome = 'contact_clinician' and overridden_by is null
