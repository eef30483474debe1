-- name: stg_account_assignments
-- grain: one row per user or group that has a permission set in an account
-- reads: account_assignments
-- keys: permission_set_arn, account_id, principal_kind, principal_id
-- why: a capture that was refused the assignments brings none of them; those of the last capture that did still hold
with

latest as (
    select
        instance_arn,
        max(captured_at) as captured_at
    from account_assignments
    group by instance_arn
)

select account_assignments.*
from account_assignments
inner join latest
    on account_assignments.instance_arn = latest.instance_arn and account_assignments.captured_at = latest.captured_at
