-- name: stg_policy_tags
-- grain: one row per customer-managed policy that was asked for its tags
-- reads: policy_tags
-- keys: account_id, policy_id
-- why: a capture out of AWS Config or of a single file brings no tags of policies; those of the last capture that did
--   still hold
with

latest as (
    select
        account_id,
        max(captured_at) as captured_at
    from policy_tags
    group by account_id
)

select policy_tags.*
from policy_tags
inner join latest on policy_tags.account_id = latest.account_id and policy_tags.captured_at = latest.captured_at
