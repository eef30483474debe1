-- name: idle_unknown
-- grain: one row per user or role that shows no sign of life and of which nobody can say that it is idle
-- reads: stg_principals, credential_activity, life_signs, idle_user, idle_role
-- keys: account_id, principal
-- why: a plan that takes credentials away must say of whom it does not know: no report tells when they were last used,
--   and the logs do not cover the days that would have shown it. Roles of AWS or Identity Center are none of ours; a
--   credential that was just made is a sign of life
with

principals as (
    select
        *,
        if(kind = 'role', $idle_role_days, $idle_user_days) as idle_days
    from stg_principals
    where
        kind in ('user', 'role')
        and not coalesce(is_service_linked, false)
        and permission_set is null
),

credentials as (
    select
        user_arn,
        count(*) filter (where is_active) as usable,
        max(since_at) filter (where is_active) as newest_at
    from credential_activity
    where kind in ('password', 'access_key_1', 'access_key_2')
    group by user_arn
),

alive as (
    select * from life_signs
),

told as (
    select subject as arn from idle_user
    union all
    select subject as arn from idle_role
)

select
    principals.account_id,
    principals.arn as principal,
    principals.kind,
    case
        when principals.kind = 'role'
            then
                'AWS did not tell when the role was last used, and the logs do not cover '
                || principals.idle_days || ' days'
        when credentials.user_arn is null then 'no credential report tells of the user'
        else 'the credential report does not tell of every credential when it was used'
    end as reason
from principals
left join credentials on principals.arn = credentials.user_arn
left join alive on principals.arn = alive.arn
left join told on principals.arn = told.arn
where
    told.arn is null
    and coalesce(principals.created_at < $as_of - to_days(principals.idle_days), true)
    and coalesce(alive.last_sign_at < $as_of - to_days(principals.idle_days), true)
    and coalesce(credentials.newest_at < $as_of - to_days(principals.idle_days), true)
    and not (principals.kind = 'role' and coalesce(principals.last_used_known, false))
    and not (principals.kind = 'user' and coalesce(credentials.usable = 0, false))
