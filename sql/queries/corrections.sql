-- Every correction that holds, the earliest word first.
select * from correction order by entry_utc, entry_id
