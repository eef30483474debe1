-- name: stg_attachments
-- grain: one row per policy attached to a user, role or group, as of the account's latest capture
-- reads: attachments, principals
-- keys: account_id, holder_arn, policy_id
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

select attachments.*
from attachments
inner join latest on attachments.account_id = latest.account_id and attachments.captured_at = latest.captured_at
