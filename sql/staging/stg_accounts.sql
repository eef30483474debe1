-- name: stg_accounts
-- grain: one row per account of an organisation, as of the latest capture
-- reads: accounts
-- keys: account_id
-- why: every capture is kept; the current state is what the latest one said
select *
from accounts
qualify captured_at = max(captured_at) over (partition by organization_id)
