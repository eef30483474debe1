-- name: stg_settings
-- grain: one row per setting, as of the latest capture
-- reads: settings
-- keys: account_id, name
-- why: every capture is kept; the current state is what the latest one said
select *
from settings
qualify captured_at = max(captured_at) over (partition by account_id, name)
