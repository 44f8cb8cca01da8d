-- What one runner's notes offer as answers, the latest session first.
select
    offer.session_id,
    session.session_date,
    offer.moment,
    offer.pain_0_10,
    offer.text
from symptom_offer as offer
inner join measured_session as session on session.session_id = offer.session_id
where offer.runner_id = $runner_id
order by session.session_date desc, offer.session_id, offer.moment
