-- One row per questionnaire: the range of its score, which end is good, and how large a change means something. NULL
-- where no source that was read gives it. For runners without an operation; cut-offs from surgical cohorts are left out.
select
    meaning.instrument,
    cast(meaning.lowest_score as double) as lowest_score,
    cast(meaning.highest_score as double) as highest_score,
    meaning.is_higher_better,
    cast(meaning.mdc as double) as mdc,
    cast(meaning.mcid as double) as mcid,
    meaning.meaning,
    meaning.source
from (
    values
    (
        'UWRI', 0, 36, true, 4.1, 8,
        'University of Wisconsin Running Injury and Recovery Index. MDC95 4.1 (computed from SEM 1.47), MIC 5, MCID 8.',
        'UWRI: JOSPT 2019;49:751, JOSPT 2020;50:702'
    ),
    (
        'iHOT-12', 0, 100, true, null, 14,
        'International Hip Outcome Tool, 12 items. Without an operation: MCII 14, SCB 18, PASS 63 (61 people).',
        'IHOT12: pubmed 40123108'
    ),
    (
        'HAGOS', 0, 100, true, 33.8, null,
        'Copenhagen Hip and Groin Outcome Score, a subscale. One person''s smallest detectable change is 17.7 to 33.8 '
        || 'by subscale (the largest is used for all): too noisy from week to week.',
        'HAGOS: BJSM 2011;45:478'
    ),
    (
        'OSTRC', 0, 100, false, null, null,
        'Oslo Sports Trauma Research Center questionnaire, weekly. More is worse; no smallest detectable change was found.',
        'OSTRC: Clarsen, BJSM 2013;47:495'
    )
) as meaning (instrument, lowest_score, highest_score, is_higher_better, mdc, mcid, meaning, source)
