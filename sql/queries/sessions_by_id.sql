-- Sessions by their ids.
select * from "session" where session_id in (select unnest($session_ids))
