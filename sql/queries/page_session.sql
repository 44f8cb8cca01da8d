-- One session of one runner; none where it is another's.
select * from "session" where runner_id = $runner_id and session_id = $session_id
