-- name: principal_uses
-- grain: one row per (principal, day, use) over all the history that the lake has
-- reads: usage, stg_principals, stg_principal_names, stg_profile_roles
-- keys: principal, dt, action, resource, outcome, evidence, confidence, via, conditions, principal_id
-- form: view
-- why: whose policies of today a use of any day bears on. A role made anew under an old name is another principal, so
--   the unique id must agree where both are known (domain.md §1.2); what was denied is no use. A role that was
--   passed inside an instance profile is the profile's of today, as in observed_uses
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
    select * from usage
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
    uses.dt,
    uses.principal_id,
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
    principals.account_id, principals.arn, uses.dt, uses.principal_id, uses.action, uses.resource, uses.outcome,
    uses.evidence, uses.confidence, uses.via, uses.conditions
