-- name: stg_log_integrity
-- grain: one row per object and verdict, as of the object's latest check
-- reads: log_integrity
-- keys: account_id, region, trail, object, kind, verdict, window_start
-- why: every check is kept; a missing object may have been found since, and a whole one may have gone
select *
from log_integrity
qualify captured_at = max(captured_at) over (partition by account_id, region, trail, object, kind)
