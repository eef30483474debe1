-- name: stg_permission_set_roles
-- grain: one row per role that Identity Center made and permission set that it may be of
-- reads: stg_principals, stg_permission_sets, stg_account_assignments
-- keys: role_arn, permission_set_arn
-- why: AWSReservedSSO_<set>_<hash> carries the set's name and nothing else of it (domain.md §1.2). Where several
--   instances have a set of that name, the one that is provisioned or assigned in the role's account is meant. A role
--   whose set was not captured keeps its row with a null
with

roles as (
    select
        account_id,
        arn as role_arn,
        permission_set as name
    from stg_principals
    where permission_set is not null
),

assigned as (
    select
        permission_set_arn,
        account_id,
        list_sort(
            list(coalesce(principal_name, principal_id)) filter (where principal_kind = 'user')
        ) as users,
        list_sort(
            list(coalesce(principal_name, principal_id)) filter (where principal_kind = 'group')
        ) as groups
    from stg_account_assignments
    group by permission_set_arn, account_id
),

candidates as (
    select
        roles.account_id,
        roles.role_arn,
        roles.name,
        sets.instance_arn,
        sets.permission_set_arn,
        coalesce(list_contains(sets.accounts, roles.account_id), false)
        or assigned.permission_set_arn is not null as is_provisioned,
        coalesce(assigned.users, []) as users,
        coalesce(assigned.groups, []) as groups
    from roles
    left join stg_permission_sets as sets on roles.name = sets.name
    left join assigned
        on sets.permission_set_arn = assigned.permission_set_arn and roles.account_id = assigned.account_id
),

ranked as (
    select
        *,
        rank() over (partition by role_arn order by is_provisioned desc) as place
    from candidates
)

select
    account_id,
    role_arn,
    name,
    instance_arn,
    permission_set_arn,
    is_provisioned,
    users,
    groups
from ranked
where place = 1
