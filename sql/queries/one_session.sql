-- One session by its id.
select * from "session" where session_id = $session_id
