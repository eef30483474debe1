-- name: stg_calls
-- grain: one row per call that was made to AWS
-- reads: stg_events, stg_echoes
-- keys: event_id
-- form: view
-- why: what is no call, and the further records of a call, are left out
select * from stg_events
where event_id not in (select stg_echoes.event_id from stg_echoes)
