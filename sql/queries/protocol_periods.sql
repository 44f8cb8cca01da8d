-- Which protocol holds when, as the snapshot has it.
select runner_id, protocol_version, valid_from_date, valid_before_date from protocol_period
