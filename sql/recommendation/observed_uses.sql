-- name: observed_uses
-- grain: one row per (principal, action, resource, outcome, evidence, confidence, via, conditions) in the window
-- reads: usage_actions, stg_principals, stg_principal_names, stg_profile_roles
-- keys: principal, action, resource, outcome, evidence, confidence, via, conditions
-- why: what a smaller policy must still allow: success, and authorised then failed. Of a role that was passed inside an
--   instance profile the call tells the profile only: its role of today is meant, or any where the state has none;
--   a role or user that a call names without its path is the one of that name
with

principals as (
    select * from stg_principals
    where kind in ('user', 'role') and not coalesce(is_service_linked, false)
),

names as (
    select * from stg_principal_names
),

paths as (
    select
        seen_as,
        min(arn) as arn
    from stg_principal_names
    group by seen_as
    having count(*) = 1
),

seen as (
    select * from usage_actions
    where outcome in ('success', 'failed')
),

uses as (
    select
        seen.* replace (
            case
                when seen.action = 'iam:PassRole' and contains(seen.resource, ':instance-profile/')
                    then coalesce(profiles.role_arn, '*')
                else coalesce(paths.arn, seen.resource)
            end as resource
        )
    from seen
    left join stg_profile_roles as profiles on seen.action = 'iam:PassRole' and seen.resource = profiles.seen_as
    left join paths on contains(seen.resource, ':iam::') and lower(seen.resource) = paths.seen_as
)

select
    principals.account_id,
    principals.arn as principal,
    uses.action,
    uses.resource,
    uses.outcome,
    uses.evidence,
    uses.confidence,
    uses.via,
    uses.conditions,
    sum(uses.count)::bigint as count,
    min(uses.first_seen) as first_seen,
    max(uses.last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(uses.event_ids))))[1:5] as event_ids
from uses
left join names as by_id on lower(split_part(uses.principal_id, ':', 1)) = by_id.seen_as
inner join names on coalesce(by_id.seen_as, lower(uses.principal)) = names.seen_as
inner join principals
    on
        names.arn = principals.arn
        and (
            uses.principal_id is null
            or principals.principal_id is null
            or split_part(uses.principal_id, ':', 1) = principals.principal_id
        )
group by
    principals.account_id, principals.arn, uses.action, uses.resource, uses.outcome, uses.evidence, uses.confidence,
    uses.via, uses.conditions
order by
    principals.arn, uses.action, uses.resource, uses.outcome, uses.evidence, uses.confidence, uses.via, uses.conditions
