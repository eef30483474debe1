-- name: use_contexts
-- grain: one row per (principal, action, resource, via, condition key, value) of what must stay allowed
-- reads: usage, stg_principals, stg_principal_names, stg_profile_roles
-- keys: principal, action, resource, via, condition_key, value
-- why: a condition may be proposed where one value holds for every use, so each value stands with how often and since
--   when. A value that is null was not told: it is unknown, not "no", and forbids a condition on the key. No log tells
--   the organisation that a caller belongs to (aws:PrincipalOrgID): the inventory has to. What a service does in the
--   caller's name (`via`) comes by the service's own ways: its endpoint says nothing of the caller's. A role that was
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
    where dt >= $window_start and outcome in ('success', 'failed')
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
),

attributed as (
    select
        principals.account_id,
        principals.arn as principal,
        uses.action,
        uses.resource,
        uses.via,
        uses.region,
        uses.vpc_endpoint_id,
        uses.mfa::varchar as mfa,
        uses.count,
        uses.first_seen,
        uses.last_seen
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
),

contexts as (
    select
        * exclude (region, vpc_endpoint_id, mfa),
        'aws:RequestedRegion' as condition_key,
        region as value
    from attributed
    union all
    select
        * exclude (region, vpc_endpoint_id, mfa),
        'aws:SourceVpce' as condition_key,
        vpc_endpoint_id as value
    from attributed
    union all
    select
        * exclude (region, vpc_endpoint_id, mfa),
        'aws:MultiFactorAuthPresent' as condition_key,
        mfa as value
    from attributed
)

select
    account_id,
    principal,
    action,
    resource,
    via,
    condition_key,
    value,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
from contexts
group by account_id, principal, action, resource, via, condition_key, value
order by principal, action, resource, via, condition_key, value
