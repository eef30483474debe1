-- name: grant_last_accessed
-- grain: one row per granted (principal, action) of which service last accessed says more than the logs
-- reads: stg_service_last_accessed, grant_actions, grant_uses
-- keys: principal, action
-- why: a second witness. An action that IAM saw tried later than the logs show any call of it was done where the logs
--   do not reach. Of a service's date that neither the logs nor IAM's list of actions account for, any of the service's
--   actions that IAM does not list may be the cause. Attempts that were denied count for IAM, so they count as calls of
--   the logs here (domain.md §6). A day of slack, since both keep one time of many; what IAM saw after the window is no
--   fault of the logs, but nobody may call the action unused
with

accessed as (
    select * from stg_service_last_accessed
),

listed as (
    select
        principal_arn as principal,
        service,
        unnest(from_json(actions, '[{"ActionName": "VARCHAR", "LastAccessedTime": "VARCHAR"}]')) as entry
    from accessed
    where actions is not null
),

tracked as (
    select
        listed.principal,
        listed.service,
        lower(listed.service || ':' || split_part(listed.entry.actionname, ':', -1)) as action,
        max(try_cast(listed.entry.lastaccessedtime as timestamptz)) as last_accessed_at
    from listed
    group by all
),

tried as (
    select
        principal,
        lower(action) as action,
        lower(split_part(action, ':', 1)) as service,
        count > 0 as is_used,
        last_tried_at
    from grant_uses
),

granted as (
    select
        account_id,
        principal,
        action,
        lower(action) as lowered,
        lower(split_part(action, ':', 1)) as service
    from grant_actions
),

told as (
    select
        principal,
        service,
        last_tried_at as told_at
    from tried
    union all
    select
        principal,
        service,
        last_accessed_at as told_at
    from tracked
),

accounted as (
    select
        principal,
        service,
        max(told_at) as told_at
    from told
    group by principal, service
),

unaccounted as (
    select
        accessed.principal_arn as principal,
        accessed.service,
        accessed.last_authenticated_at
    from accessed
    left join accounted
        on accessed.principal_arn = accounted.principal and accessed.service = accounted.service
    where
        accessed.last_authenticated_at >= $window_start::date
        and coalesce(accessed.last_authenticated_at > accounted.told_at + interval 1 day, true)
),

by_action as (
    select
        granted.account_id,
        granted.principal,
        granted.action,
        tracked.last_accessed_at
    from granted
    inner join tracked on granted.principal = tracked.principal and granted.lowered = tracked.action
    left join tried on granted.principal = tried.principal and granted.lowered = tried.action
    where
        tracked.last_accessed_at >= $window_start::date
        and coalesce(tracked.last_accessed_at > tried.last_tried_at + interval 1 day, true)
        and (not coalesce(tried.is_used, false) or tracked.last_accessed_at < $window_end::date)
),

by_service as (
    select
        granted.account_id,
        granted.principal,
        granted.action,
        unaccounted.last_authenticated_at as last_accessed_at
    from granted
    inner join unaccounted on granted.principal = unaccounted.principal and granted.service = unaccounted.service
    left join tracked on granted.principal = tracked.principal and granted.lowered = tracked.action
    left join tried on granted.principal = tried.principal and granted.lowered = tried.action
    where tracked.action is null and not coalesce(tried.is_used, false)
)

select
    account_id,
    principal,
    action,
    'action' as level,
    last_accessed_at
from by_action
union all
select
    account_id,
    principal,
    action,
    'service' as level,
    last_accessed_at
from by_service
