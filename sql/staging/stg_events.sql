-- name: stg_events
-- grain: one row per event_id
-- reads: events
-- keys: event_id
-- form: view
-- why: each event once, with the day it happened on in UTC
select
    *,
    strftime(event_time, '%Y-%m-%d') as dt
from events
