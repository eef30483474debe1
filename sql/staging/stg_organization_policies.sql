-- name: stg_organization_policies
-- grain: one row per policy attached to a root, unit or account, as of the latest capture
-- reads: organization_policies
-- keys: organization_id, policy_id, target_id
-- why: every capture is kept; the current state is what the latest one said
select *
from organization_policies
qualify captured_at = max(captured_at) over (partition by organization_id)
