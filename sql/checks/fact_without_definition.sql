-- stop: a fact that the dictionary does not know
select distinct fact
from measured_fact
anti join fact_definition on fact_definition.fact = measured_fact.fact
