-- One row per session and moment whose pain the runner wrote into a note ("pain 2/10", "next morning 1/10") and has not
-- answered: offered as an entry, never taken as one. Of several numbers for one moment the highest is offered.
with clause as (
    select
        noted.runner_id,
        noted.session_id,
        lower(noted.note) as whole,
        lower(trim(part.text)) as words,
        trim(part.text) as text
    from recording as noted,
    unnest(regexp_split_to_array(noted.note, '(?i)[;!?\n\r]+|[.,](?:\s+|$)|\s+(?:and|then|but)\s+')) as part (text)
    where noted.note is not null
),

number as (
    select
        clause.*,
        try_cast(regexp_extract(words, '(?:^|[^0-9/.,])(10|[0-9])\s*/\s*10(?:[^0-9/.,]|$)', 1) as integer) as pain_0_10,
        regexp_matches(words, '\b(?:pain|painful|hurts?|hurting|aches?|aching|sore|soreness|vas|nrs)\b') as names_pain,
        regexp_matches(whole, '\b(?:pain|painful|hurts?|hurting|aches?|aching|sore|soreness|vas|nrs)\b') as note_names_pain,
        regexp_matches(
            words, '\b(?:rpe|effort|exertion|intensity|feel|feeling|felt|mood|energy|sleep|slept|stress|motivation|tired|legs)\b'
        ) as names_something_else,
        case
            when regexp_matches(words, '\b(?:next|following) (?:morning|day)\b|\b(?:morning|day) after\b') then 'next_morning'
            when regexp_matches(words, '\bbefore(?:hand)?\b') then 'before'
            when regexp_matches(words, '\bafter(?:wards?)?\b') then 'after'
            when regexp_matches(words, '\b(?:during|while)\b') then 'during'
        end as told_moment
    from clause
)

select
    number.runner_id,
    number.session_id,
    coalesce(number.told_moment, 'during') as moment,
    max(number.pain_0_10) as pain_0_10,
    arg_max(number.text, number.pain_0_10) as text
from number
left join moment_answer as answered
    on answered.runner_id = number.runner_id
    and answered.session_id = number.session_id
    and answered.moment = coalesce(number.told_moment, 'during')
where number.pain_0_10 is not null
    and (number.names_pain or (number.note_names_pain and number.told_moment is not null and not number.names_something_else))
    and answered.pain_0_10 is null
group by all
