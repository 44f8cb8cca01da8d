"""The pages for runner and clinician: readers of the published log, writers of the journal, nothing else."""
