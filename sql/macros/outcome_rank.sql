-- Place of an outcome, worst first: the session's verdict is its finding with the smallest rank.
create or replace macro outcome_rank(outcome) as
    list_position(
        ['contact_clinician', 'hold', 'outside_plan', 'not_assessable', 'pending', 'note', 'within_plan'], outcome
    )
