-- name: stg_principals
-- grain: one row per user, role and group, as of the account's latest capture
-- reads: principals
-- keys: account_id, arn
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

select principals.*
from principals
inner join latest on principals.account_id = latest.account_id and principals.captured_at = latest.captured_at
