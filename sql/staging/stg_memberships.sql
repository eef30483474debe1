-- name: stg_memberships
-- grain: one row per user in a group, as of the account's latest capture
-- reads: memberships, principals
-- keys: account_id, user_arn, group_arn
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

select memberships.*
from memberships
inner join latest on memberships.account_id = latest.account_id and memberships.captured_at = latest.captured_at
