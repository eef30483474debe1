-- name: credential_activity
-- grain: one row per credential that exists
-- reads: stg_credentials, credential_use
-- keys: account_id, user_arn, kind
-- why: the report and the logs are two witnesses; the newer one counts. The report does not name its keys, so a use in
--   the logs counts for every key of the user that may have signed it: better a missed finding than a wrong one. A key
--   did not sign with an id that is another key's, or that was seen when the report has the other key in use and this
--   one not. `never_used` is what the report says: of a key `N/A`; of a password `no_information` when it is newer than
--   2014-10-20, since when AWS tracks (domain.md §6)
with

credentials as (
    select
        *,
        coalesce(last_rotated_at, user_created_at) as since_at
    from stg_credentials
    where "exists"
),

keys as (
    select * from credentials
    where kind in ('access_key_1', 'access_key_2')
),

uses as (
    select * from credential_use
),

not_signed_by as (
    select distinct
        keys.account_id,
        keys.user_arn,
        keys.kind,
        uses.access_key_id
    from keys
    inner join uses
        on
            keys.account_id = uses.account_id
            and keys.user_arn = uses.user_arn
            and uses.kind = 'access_key'
    left join keys as others
        on keys.account_id = others.account_id and keys.user_arn = others.user_arn and keys.kind <> others.kind
    where
        keys.access_key_id is null
        and (
            others.access_key_id = uses.access_key_id
            or (
                -- the report is at most 4 hours old and keeps the first use of 15 minutes: a day is ample
                keys.last_used_known
                and keys.last_used_at is null
                and uses.first_seen < keys.captured_at - interval 1 day
            )
            or (
                keys.last_used_known
                and coalesce(keys.last_used_at < uses.first_seen - interval 1 day, true)
                and others.last_used_at >= uses.first_seen - interval 1 day
            )
        )
),

seen as (
    select
        credentials.account_id,
        credentials.user_arn,
        credentials.kind,
        max(uses.last_seen) as last_seen
    from credentials
    inner join uses
        on
            credentials.user_arn = uses.user_arn
            and credentials.account_id = uses.account_id
            and (
                (uses.kind = 'password' and credentials.kind = 'password')
                or (
                    uses.kind = 'access_key'
                    and credentials.kind in ('access_key_1', 'access_key_2')
                    and coalesce(credentials.access_key_id = uses.access_key_id, true)
                    -- a key that was made after the call did not sign it
                    and coalesce(credentials.last_rotated_at <= uses.last_seen, true)
                )
            )
    left join not_signed_by as others
        on
            credentials.account_id = others.account_id
            and credentials.user_arn = others.user_arn
            and credentials.kind = others.kind
            and uses.access_key_id = others.access_key_id
    where others.kind is null
    group by credentials.account_id, credentials.user_arn, credentials.kind
)

select
    credentials.*,
    seen.last_seen as last_seen_in_logs,
    greatest(credentials.last_used_at, seen.last_seen) as last_activity_at,
    seen.last_seen is null
    and credentials.last_used_at is null
    and (
        coalesce(credentials.last_used_known, false)
        or (credentials.kind = 'password' and coalesce(credentials.since_at >= '2014-10-20'::timestamptz, false))
    ) as never_used
from credentials
left join seen
    on
        credentials.account_id = seen.account_id
        and credentials.user_arn = seen.user_arn
        and credentials.kind = seen.kind
