-- name: grant_logged
-- grain: one row per (principal, action on S3 objects) of an account whose trails log a part of such events
-- reads: grant_holders, statements, expansions, actions, coverage_categories
-- keys: principal, action
-- why: trails often log the objects of a few buckets. Whoever is granted an action on objects of these alone would have
--   been seen using it. An object that is read to be copied is told of where it is written to only, so for such
--   reads all that the principal may write must be logged as well (domain.md §1.3, §2.3)
with

scopes as (
    select
        account_id,
        category,
        unnest(scopes) as scope
    from coverage_categories
    where status = 'partial'
),

partly as (
    select distinct
        account_id,
        category
    from scopes
),

named as (
    select distinct
        holders.account_id,
        holders.principal,
        expansions.action,
        actions.category,
        unnest(statements.objects) as resource
    from grant_holders as holders
    inner join partly on holders.account_id = partly.account_id
    inner join statements
        on
            holders.policy_id = statements.policy_id
            and holders.account_id = statements.account_id
            and statements.effect = 'Allow'
    inner join expansions on statements.pattern = expansions.pattern
    inner join actions
        on expansions.action = actions.action and partly.category = actions.category and actions.is_on_objects
),

within as (
    select distinct
        named.account_id,
        named.category,
        named.resource
    from named
    inner join scopes
        on
            named.account_id = scopes.account_id
            and named.category = scopes.category
            and if(
                ends_with(scopes.scope, '*'),
                starts_with(named.resource, rtrim(scopes.scope, '*')),
                named.resource = scopes.scope
            )
),

granted as (
    select
        named.account_id,
        named.principal,
        named.action,
        bool_and(within.resource is not null) as is_logged
    from named
    left join within
        on
            named.account_id = within.account_id
            and named.category = within.category
            and named.resource = within.resource
    group by named.account_id, named.principal, named.action
),

writes as (
    select
        principal,
        is_logged
    from granted
    where action = 's3:PutObject'
)

select
    granted.account_id,
    granted.principal,
    granted.action,
    granted.is_logged
    and (
        coalesce(writes.is_logged, true)
        or granted.action not in (
            's3:GetObject', 's3:GetObjectVersion', 's3:GetObjectTagging', 's3:GetObjectVersionTagging'
        )
    ) as is_logged
from granted
left join writes on granted.principal = writes.principal
