-- The recordings of one runner that a person may mean: by the start of the id, or the file's name.
select recording_id
from recording
where runner_id = $runner_id and (starts_with(recording_id, $wanted) or file_name = $wanted)
order by recording_id
