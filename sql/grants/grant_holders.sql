-- name: grant_holders
-- grain: one row per (principal, policy, way it is attached)
-- reads: stg_principals, stg_attachments, stg_memberships
-- keys: principal, policy_id, through
-- why: a user has the policies of each of its groups too; service-linked roles belong to AWS and are left out
with

principals as (
    select * from stg_principals
    where kind in ('user', 'role') and not coalesce(is_service_linked, false)
),

attachments as (
    select * from stg_attachments
),

memberships as (
    select * from stg_memberships
),

direct as (
    select
        principals.account_id,
        principals.arn as principal,
        attachments.policy_id,
        principals.arn as through
    from principals
    inner join attachments on principals.arn = attachments.holder_arn
),

through_groups as (
    select
        principals.account_id,
        principals.arn as principal,
        attachments.policy_id,
        memberships.group_arn as through
    from principals
    inner join memberships on principals.arn = memberships.user_arn
    inner join attachments on memberships.group_arn = attachments.holder_arn
)

select * from direct
union
select * from through_groups
