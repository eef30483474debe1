-- name: idle_user
-- grain: one row per user whose every credential is idle
-- reads: stg_principals, stg_service_last_accessed, credential_activity, grant_uses
-- keys: account_id, subject
-- severity: medium
-- practice: remove idle credentials
-- standards: CIS 1.12, FSBP IAM.22
-- remediation: ask the owner, take the user's keys and password away, then delete the user
-- why: a user that has a usable credential and none of them was used for $idle_user_days days, nor made in that time.
--   Without a credential report, or when the use of one of them is not known, nothing is said
with

users as (
    select * from stg_principals
    where kind = 'user'
),

credentials as (
    select * from credential_activity
    where kind in ('password', 'access_key_1', 'access_key_2') and is_active
),

uses as (
    select
        principal,
        max(last_called_at) as last_seen
    from grant_uses
    group by principal
),

accessed as (
    select
        principal_arn as principal,
        max(last_authenticated_at) as last_at
    from stg_service_last_accessed
    group by principal_arn
),

per_user as (
    select
        users.account_id,
        users.arn,
        users.name,
        users.created_at,
        greatest(
            max(credentials.last_activity_at), max(uses.last_seen), max(accessed.last_at)
        ) as last_activity_at,
        max(credentials.since_at) as newest_credential_at,
        bool_and(credentials.last_activity_at is not null or credentials.never_used) as is_known,
        list_sort(list(credentials.kind)) as kinds
    from users
    inner join credentials on users.arn = credentials.user_arn and users.account_id = credentials.account_id
    left join uses on users.arn = uses.principal
    left join accessed on users.arn = accessed.principal
    group by users.account_id, users.arn, users.name, users.created_at
)

select
    account_id,
    arn as subject,
    '' as detail,
    case
        when last_activity_at is null then 'the user ' || name || ' was never active'
        else 'the user ' || name || ' was not active for ' || date_diff('day', last_activity_at, $as_of) || ' days'
    end as title,
    to_json({
        'last_activity_at': last_activity_at,
        'created_at': created_at,
        'credentials': kinds,
        'threshold_days': $idle_user_days
    }) as evidence,
    created_at as first_seen,
    last_activity_at as last_seen
from per_user
where
    is_known
    and created_at < $as_of - to_days($idle_user_days)
    and newest_credential_at < $as_of - to_days($idle_user_days)
    and coalesce(last_activity_at < $as_of - to_days($idle_user_days), true)
