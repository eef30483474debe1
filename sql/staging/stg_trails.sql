-- name: stg_trails
-- grain: one row per trail, as of the latest capture
-- reads: trails
-- keys: trail_arn
-- why: every capture is kept; the current state is what the latest one said
select *
from trails
qualify captured_at = max(captured_at) over (partition by account_id)
