-- name: life_signs
-- grain: one row per user or role that ever did or tried anything that a witness saw
-- reads: stg_principals, stg_principal_names, stg_principal_usage, stg_service_last_accessed, usage, sessions,
--   credential_activity
-- keys: arn
-- why: before anything is taken away every witness is heard: calls however they ended, roles that were assumed (also
--   by services, which need no permission for it and leave no row in the usage), AWS's own dates of roles, services and
--   credentials. All the history of the lake counts, not the window alone
with

names as (
    select * from stg_principal_names
),

signs as (
    select
        holder as arn,
        last_seen as seen_at
    from stg_principal_usage
    union all
    select
        names.arn,
        usage.last_seen as seen_at
    from usage
    inner join names on lower(usage.resource) = names.seen_as
    where starts_with(usage.action, 'sts:AssumeRole') and usage.outcome = 'success'
    union all
    select
        names.arn,
        sessions.issued_at as seen_at
    from sessions
    inner join names on lower(sessions.role) = names.seen_as
    union all
    select
        principal_arn as arn,
        last_authenticated_at as seen_at
    from stg_service_last_accessed
    union all
    select
        user_arn as arn,
        last_activity_at as seen_at
    from credential_activity
    union all
    select
        arn,
        last_used_at as seen_at
    from stg_principals
)

select
    arn,
    max(seen_at) as last_sign_at
from signs
where seen_at is not null
group by arn
