-- All facts of one session with their meaning.
select fact.*, definition.meaning
from session_fact as fact
left join fact_definition as definition on definition.fact = fact.fact
where fact.session_id = $session_id
order by fact.fact
