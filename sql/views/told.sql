-- One row per message that a receiver took: what was told to whom, when and how, with the digest of its content.
select
    entry_id,
    entry_utc as told_utc,
    runner_id,
    json_extract_string(data, '$.to') as told_to,
    json_extract_string(data, '$.recipient') as recipient,
    json_extract_string(data, '$.what') as what,
    json_extract_string(data, '$.channel') as channel,
    json_extract_string(data, '$.content_sha256') as content_sha256
from journal_entry
where entry_kind = 'told'
