-- name: credential_activity
-- grain: one row per credential that exists
-- reads: stg_credentials, credential_use
-- keys: account_id, user_arn, kind
-- why: the report and the logs are two witnesses; the newer one counts. A key's id is not in the report, so a use of
--   any key of the user counts for all of its keys unless the id is known: better a missed finding than a wrong one
with

credentials as (
    select * from stg_credentials
    where "exists"
),

used as (
    select
        account_id,
        user_arn,
        kind,
        access_key_id,
        max(last_seen) as last_seen,
        bool_or(with_mfa) as with_mfa
    from credential_use
    group by account_id, user_arn, kind, access_key_id
),

seen as (
    select
        credentials.account_id,
        credentials.user_arn,
        credentials.kind,
        max(used.last_seen) as last_seen
    from credentials
    inner join used
        on
            credentials.user_arn = used.user_arn
            and credentials.account_id = used.account_id
            and (
                (used.kind = 'password' and credentials.kind = 'password')
                or (
                    used.kind = 'access_key'
                    and credentials.kind in ('access_key_1', 'access_key_2')
                    and (credentials.access_key_id is null or credentials.access_key_id = used.access_key_id)
                    -- a key that the report says was never used, or was made after the call, did not sign it
                    and coalesce(credentials.last_rotated_at <= used.last_seen, true)
                    and not (credentials.last_used_known and credentials.last_used_at is null)
                )
            )
    group by credentials.account_id, credentials.user_arn, credentials.kind
)

select
    credentials.*,
    seen.last_seen as last_seen_in_logs,
    greatest(credentials.last_used_at, seen.last_seen) as last_activity_at,
    coalesce(credentials.last_rotated_at, credentials.user_created_at) as since_at
from credentials
left join seen
    on
        credentials.account_id = seen.account_id
        and credentials.user_arn = seen.user_arn
        and credentials.kind = seen.kind
