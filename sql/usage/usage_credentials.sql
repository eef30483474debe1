-- name: usage_credentials
-- grain: one row per (dt, credential)
-- reads: usage_day_shapes
-- keys: dt, account_id, user_arn, kind, access_key_id, with_mfa
-- why: a long-lived key is used by any call it signs, even a refused one; a password by a console sign-in that
--   succeeded (domain.md §6, idle rule). Root's own calls are kept apart, also those that need no permission and so
--   leave no row in the usage; what a service does in root's name is not root's act
with

calls as (
    select * from usage_day_shapes
    where is_call and identity_type in ('IAMUser', 'Root')
),

keys_used as (
    select
        dt,
        coalesce(identity_account_id, account_id) as account_id,
        identity_arn as user_arn,
        'access_key' as kind,
        access_key_id,
        null::boolean as with_mfa,
        count,
        first_seen,
        last_seen,
        event_ids
    from calls
    where access_key_id is not null
),

sign_ins as (
    select
        dt,
        coalesce(identity_account_id, account_id) as account_id,
        identity_arn as user_arn,
        'password' as kind,
        null::varchar as access_key_id,
        with_mfa,
        count,
        first_seen,
        last_seen,
        event_ids
    from calls
    where
        event_source = 'signin.amazonaws.com'
        and event_name = 'ConsoleLogin'
        and json_extract_string(response_elements, '$.ConsoleLogin') = 'Success'
),

root_calls as (
    select
        dt,
        coalesce(identity_account_id, account_id) as account_id,
        identity_arn as user_arn,
        'root_call' as kind,
        null::varchar as access_key_id,
        null::boolean as with_mfa,
        count,
        first_seen,
        last_seen,
        event_ids
    from calls
    where
        identity_type = 'Root'
        and event_source <> 'signin.amazonaws.com'
        and coalesce(invoked_by, 'signin.amazonaws.com') = 'signin.amazonaws.com'
),

all_kinds as (
    select * from keys_used
    union all
    select * from sign_ins
    union all
    select * from root_calls
)

select
    dt,
    account_id,
    user_arn,
    kind,
    access_key_id,
    with_mfa,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
from all_kinds
group by dt, account_id, user_arn, kind, access_key_id, with_mfa
order by dt, account_id, user_arn, kind, access_key_id, with_mfa
