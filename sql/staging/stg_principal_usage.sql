-- name: stg_principal_usage
-- grain: one row per row of the roll-up whose principal is a user or role of the inventory
-- reads: usage, stg_principals, stg_principal_names, stg_profile_roles
-- keys: dt, account_id, principal, principal_id, principal_kind, action, resource, outcome, evidence, confidence, via,
--   conditions, region, vpc_endpoint_id, mfa, actor_kind, actor, assumed_by
-- form: view
-- why: whose policies of today a use bears on (`holder`), and what of today it was about (`target`). A principal is
--   known by its unique id first, under whatever name it had; a role made anew under an old name is another principal,
--   so the id must agree where both are known (domain.md §1.2). Of a role that was passed inside an instance profile
--   the call tells the profile only: its role of today is meant, or any where the state has none; a role or user that a
--   call names without its path is the one of that name. Service-linked roles belong to AWS and are left out
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
    from names
    group by seen_as
    having count(*) = 1
),

uses as (
    select
        usage.*,
        case
            when usage.action = 'iam:PassRole' and contains(usage.resource, ':instance-profile/')
                then coalesce(profiles.role_arn, '*')
            else coalesce(paths.arn, usage.resource)
        end as target
    from usage
    left join stg_profile_roles as profiles on usage.action = 'iam:PassRole' and usage.resource = profiles.seen_as
    left join paths on contains(usage.resource, ':iam::') and lower(usage.resource) = paths.seen_as
)

select
    uses.*,
    principals.arn as holder,
    principals.account_id as holder_account_id
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
