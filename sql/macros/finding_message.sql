-- The one plain sentence of a finding: what was measured, the clinician's own limit, who set it and when.
create or replace macro finding_message(
    outcome, sentence, observed, limit_value, bound, unit, detail, stage_id, set_by, set_on_date, is_too_close
) as
    case
        when outcome in ('not_assessable', 'pending') then
            sentence || ': ' || if(outcome = 'pending', 'not due yet, ', 'not known, ')
            || coalesce(detail, 'the fact could not be derived') || '.'
        when observed is null then sentence || ': ' || coalesce(detail, 'nothing to measure') || '.'
        else
            sentence || ': ' || format_value(observed, unit)
            || if(outcome <> 'within_plan' and detail is not null, ' (' || detail || ')', '')
            || if(bound = 'max', ', at most ', ', at least ') || format_value(limit_value, unit) || ' in ' || stage_id
            || case
                when is_too_close then '; too close to the limit to be told with this measurement.'
                when outcome = 'within_plan' then '.'
                when outcome = 'note' then '; noted under the plan set by ' || set_by || ' on ' || set_on_date || '.'
                when outcome = 'hold' then '; the plan set by ' || set_by || ' on ' || set_on_date || ' holds the stage here.'
                when outcome = 'contact_clinician' then
                    '; the plan set by ' || set_by || ' on ' || set_on_date || ' asks for the clinician now.'
                else '; outside the plan set by ' || set_by || ' on ' || set_on_date || '.'
            end
    end
