-- name: stg_permission_sets
-- grain: one row per permission set of Identity Center, as of its instance's latest capture
-- reads: permission_sets
-- keys: permission_set_arn
-- why: every capture is kept, and a set that only an older capture has is gone
with

latest as (
    select
        instance_arn,
        max(captured_at) as captured_at
    from permission_sets
    group by instance_arn
)

select permission_sets.*
from permission_sets
inner join latest
    on permission_sets.instance_arn = latest.instance_arn and permission_sets.captured_at = latest.captured_at
