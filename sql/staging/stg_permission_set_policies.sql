-- name: stg_permission_set_policies
-- grain: one row per policy attached to a permission set
-- reads: permission_set_policies, stg_permission_sets
-- keys: permission_set_arn, kind, path, name
-- why: a customer-managed policy is told by name and path, since each account has its own; an AWS-managed one by ARN
select policies.*
from permission_set_policies as policies
inner join stg_permission_sets as sets
    on policies.permission_set_arn = sets.permission_set_arn and policies.captured_at = sets.captured_at
