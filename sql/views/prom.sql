-- One row per score of a questionnaire: the last word for its day, its change from the one before and from the first,
-- and in words what such a change can mean. A change within the measurement error is never called one.
with said as (
    select
        runner_id,
        try_cast(json_extract_string(data, '$.prom_date') as date) as prom_date,
        json_extract_string(data, '$.instrument') as instrument,
        json_extract_string(data, '$.subscale') as subscale,
        try_cast(json_extract_string(data, '$.score') as double) as score,
        said_by,
        entry_utc,
        entry_id
    from journal_entry
    where entry_kind = 'prom'
),

latest_of_day as (
    select *
    from said
    where prom_date is not null and score is not null
    qualify
        row_number() over (
            partition by runner_id, instrument, subscale, prom_date order by entry_utc desc, entry_id desc
        ) = 1
),

changed as (
    select
        *,
        score - lag(score) over by_date as previous_change,
        if(row_number() over by_date > 1, score - first_value(score) over by_date, null) as first_change
    from latest_of_day
    window by_date as (partition by runner_id, instrument, subscale order by prom_date)
),

weighed as (
    select
        changed.*,
        meaning.mdc,
        meaning.mcid,
        unnest([previous_change, first_change]) as change,
        unnest(['previous', 'first']) as against,
        if((change > 0) = meaning.is_higher_better, 'better', 'worse') as direction
    from changed
    inner join prom_meaning as meaning on meaning.instrument = changed.instrument
),

worded as (
    select
        entry_id,
        against,
        case
            when change is null then 'the first score'
            when change = 0 then 'no change'
            when mdc is not null and abs(change) <= mdc then
                printf('%+g', change) || ': within the measurement error (' || printf('%g', mdc) || '), not a change'
            when mdc is not null then
                direction || ' by ' || printf('%g', abs(change)) || ': more than the measurement error ('
                || printf('%g', mdc) || ')'
                || case
                    when abs(change) >= mcid then ' and at least the ' || printf('%g', mcid) || ' that matters to people'
                    when mcid is not null then ', less than the ' || printf('%g', mcid) || ' that matters to people'
                    else ''
                end
            when mcid is not null then
                printf('%+g', change) || ': ' || if(abs(change) >= mcid, 'at least', 'less than') || ' the '
                || printf('%g', mcid) || ' that matters to people; the measurement error is not known'
            else printf('%+g', change) || ': the measurement error is not known, so this can''t be called a change'
        end as words
    from weighed
)

select
    changed.runner_id,
    changed.prom_date,
    changed.instrument,
    changed.subscale,
    changed.score,
    changed.previous_change,
    changed.first_change,
    meaning.mdc,
    meaning.mcid,
    previous.words as previous_change_words,
    first_one.words as first_change_words,
    changed.said_by,
    changed.entry_utc,
    changed.entry_id
from changed
inner join prom_meaning as meaning on meaning.instrument = changed.instrument
inner join worded as previous on previous.entry_id = changed.entry_id and previous.against = 'previous'
inner join worded as first_one on first_one.entry_id = changed.entry_id and first_one.against = 'first'
