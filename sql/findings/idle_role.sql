-- name: idle_role
-- grain: one row per role that nobody used for $idle_role_days days
-- reads: stg_principals, stg_service_last_accessed, stg_principal_names, stg_principal_usage, usage, sessions,
--   grant_coverage
-- keys: account_id, subject
-- severity: medium
-- practice: remove idle credentials
-- standards: Access Analyzer unused role
-- remediation: detach its policies, wait two weeks, then delete the role
-- why: any call counts, also a refused one: somebody has the role's credentials; so does assuming it, since its calls
--   may be data events that nobody logs. A service needs no permission for that: its sessions tell, the usage does not.
--   AWS's own RoleLastUsed is a witness for 400 days; where it was not collected the logs must cover the whole window,
--   else nothing is said
with

roles as (
    select * from stg_principals
    where
        kind = 'role'
        and not coalesce(is_service_linked, false)
        and permission_set is null
),

names as (
    select * from stg_principal_names
),

calls as (
    select
        holder as arn,
        last_seen
    from stg_principal_usage
),

assumed as (
    select
        names.arn,
        usage.last_seen
    from usage
    inner join names on lower(usage.resource) = names.seen_as
    where
        usage.action in ('sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity')
        and usage.outcome = 'success'
    union all
    select
        names.arn,
        sessions.issued_at as last_seen
    from sessions
    inner join names on lower(sessions.role) = names.seen_as
),

signs as (
    select * from calls
    union all
    select * from assumed
),

seen as (
    select
        arn,
        max(last_seen) as last_seen
    from signs
    group by arn
),

accessed as (
    select
        principal_arn as arn,
        max(last_authenticated_at) as last_at
    from stg_service_last_accessed
    group by principal_arn
),

judged as (
    select
        roles.*,
        seen.last_seen as last_seen_in_logs,
        accessed.last_at as last_seen_by_services,
        greatest(roles.last_used_at, seen.last_seen, accessed.last_at) as last_activity_at,
        coalesce(roles.last_used_known, false) as has_report,
        coalesce(
            grant_coverage.days_with_logs = grant_coverage.days
            and grant_coverage.first_day <= $window_start
            and grant_coverage.days >= $idle_role_days,
            false
        ) as has_logs
    from roles
    left join seen on roles.arn = seen.arn
    left join accessed on roles.arn = accessed.arn
    left join grant_coverage on roles.account_id = grant_coverage.account_id
)

select
    account_id,
    arn as subject,
    '' as detail,
    case
        when last_activity_at is null then 'the role ' || name || ' was not used within the tracking period'
        else 'the role ' || name || ' was not used for ' || date_diff('day', last_activity_at, $as_of) || ' days'
    end as title,
    to_json({
        'last_used_at': last_activity_at,
        'last_used_by_aws': last_used_at,
        'last_used_in_logs': last_seen_in_logs,
        'last_used_by_services': last_seen_by_services,
        'created_at': created_at,
        'threshold_days': $idle_role_days
    }) as evidence,
    created_at as first_seen,
    last_activity_at as last_seen
from judged
where
    (has_report or has_logs)
    and created_at < $as_of - to_days($idle_role_days)
    and coalesce(last_activity_at < $as_of - to_days($idle_role_days), true)
