-- name: stg_policies
-- grain: one row per policy, as of the account's latest capture
-- reads: policies, principals
-- keys: account_id, policy_id
-- why: every capture is kept; the current state of an account is what its latest capture of IAM said, and a row that
--   only an older capture has is gone
with

latest as (
    select
        account_id,
        max(captured_at) as captured_at
    from principals
    group by account_id
)

select policies.*
from policies
inner join latest on policies.account_id = latest.account_id and policies.captured_at = latest.captured_at
