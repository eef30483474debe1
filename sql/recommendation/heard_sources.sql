-- name: heard_sources
-- grain: one row per (account_id, event_source) with an event in the window that was no error
-- reads: deliveries
-- keys: account_id, event_source
-- why: some events stand for no permission: what a service tells of itself, actions of a console, calls that need none.
--   They show all the same that the service is in use in the account. Copies of an event do not matter here, so the
--   events are read as they were delivered
select distinct
    coalesce(identity_account_id, account_id) as account_id,
    event_source
from deliveries
where
    event_time >= $window_start::timestamptz
    and error_code is null
    and event_source is not null
    and coalesce(identity_account_id, account_id) is not null
order by account_id, event_source
