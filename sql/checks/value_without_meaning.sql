-- stop: a fact that has a value and says it can't be assessed, or the reverse without a word
select session_id, fact
from measured_fact
where (status <> 'ok' and "value" is not null)
    or (status <> 'ok' and detail is null)
    or ("value" is null and detail is null)
    or not isfinite(coalesce("value", 0))
