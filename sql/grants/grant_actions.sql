-- name: grant_actions
-- grain: one row per (principal, action) that some Allow statement names and nothing takes away as a whole
-- reads: stg_principals, grant_holders, statements, expansions
-- keys: principal, action
-- form: view
-- why: patterns are expanded in Python once each; here they are joined. A Deny takes an action away only when it has
--   no condition and covers every resource; a boundary that was read must name the action for the grant to count, and
--   its Deny takes away like any other (domain.md §3.2)
with

holders as (
    select * from grant_holders
),

allowed as (
    select
        holders.account_id,
        holders.principal,
        expansions.action,
        statements.policy_id,
        statements.sid,
        statements.has_conditions
    from holders
    inner join statements
        on
            holders.policy_id = statements.policy_id
            and holders.account_id = statements.account_id
            and statements.effect = 'Allow'
    inner join expansions on statements.pattern = expansions.pattern
),

bounded as (
    select
        arn as principal,
        account_id,
        boundary_arn
    from stg_principals
    where boundary_arn is not null
),

can_deny as (
    select
        account_id,
        principal,
        policy_id
    from holders
    union
    select
        account_id,
        principal,
        boundary_arn as policy_id
    from bounded
),

denied as (
    select distinct
        can_deny.principal,
        expansions.action
    from can_deny
    inner join statements
        on
            can_deny.policy_id = statements.policy_id
            and can_deny.account_id = statements.account_id
            and statements.effect = 'Deny'
            and statements.covers_everything
            and not statements.has_conditions
    inner join expansions on statements.pattern = expansions.pattern
),

bounds_read as (
    select distinct bounded.principal
    from bounded
    inner join statements on bounded.boundary_arn = statements.policy_id and bounded.account_id = statements.account_id
),

within_bounds as (
    select distinct
        bounded.principal,
        expansions.action
    from bounded
    inner join statements
        on
            bounded.boundary_arn = statements.policy_id
            and bounded.account_id = statements.account_id
            and statements.effect = 'Allow'
    inner join expansions on statements.pattern = expansions.pattern
),

granted as (
    select * from allowed
    where
        not exists (
            select 1 from denied
            where denied.principal = allowed.principal and denied.action = allowed.action
        )
        and (
            not exists (
                select 1 from bounds_read
                where bounds_read.principal = allowed.principal
            )
            or exists (
                select 1 from within_bounds
                where within_bounds.principal = allowed.principal and within_bounds.action = allowed.action
            )
        )
)

select
    account_id,
    principal,
    action,
    list_sort(list_distinct(list({'policy': policy_id, 'sid': sid}))) as granted_by,
    bool_and(has_conditions) as only_with_conditions
from granted
group by account_id, principal, action
