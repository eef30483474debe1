-- name: stg_credentials
-- grain: one row per password, access key and certificate, as of the latest capture
-- reads: credentials
-- keys: account_id, user_arn, kind
-- why: every capture is kept; the current state is what the latest one said
select *
from credentials
qualify captured_at = max(captured_at) over (partition by account_id)
