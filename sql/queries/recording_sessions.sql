-- Which session each recording belongs to.
select recording_id, session_id from recording order by recording_id
