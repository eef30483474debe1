-- name: stg_instance_profiles
-- grain: one row per instance profile that holds a role, as of the account's latest capture
-- reads: instance_profiles, principals
-- keys: account_id, arn
-- why: profiles are captured with the roles they hold, so they are as new as the account's principals
with

latest as (
    select
        account_id,
        max(captured_at) as captured_at
    from principals
    group by account_id
)

select instance_profiles.*
from instance_profiles
inner join latest
    on instance_profiles.account_id = latest.account_id and instance_profiles.captured_at = latest.captured_at
