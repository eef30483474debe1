-- name: denied_since
-- grain: one row per (principal, change, action, resource, evidence, confidence, via, conditions) refused since then
-- reads: usage, applied_changes, stg_principals, stg_principal_names
-- keys: principal, applied_at, action, resource, evidence, confidence, via, conditions
-- why: what a change may have taken away too much of. The roll-up is by day: of a day in which the same call was
--   refused before the change and after it, count_surely leaves all of it out, and count has all of it
with

changes as (
    select * from applied_changes
),

principals as (
    select * from stg_principals
    where kind in ('user', 'role')
),

names as (
    select * from stg_principal_names
),

refused as (
    select * from usage
    where outcome = 'denied'
)

select
    principals.account_id,
    principals.arn as principal,
    changes.applied_at,
    refused.action,
    refused.resource,
    refused.evidence,
    refused.confidence,
    refused.via,
    refused.conditions,
    sum(refused.count)::bigint as count,
    coalesce(sum(refused.count) filter (where refused.first_seen >= changes.applied_at), 0)::bigint as count_surely,
    greatest(min(refused.first_seen), changes.applied_at) as first_seen,
    max(refused.last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(refused.event_ids))))[1:5] as event_ids
from changes
inner join principals on changes.principal = principals.arn
inner join names on principals.arn = names.arn
inner join refused
    on
        names.seen_as = lower(refused.principal)
        and changes.applied_at <= refused.last_seen
        and (
            refused.principal_id is null
            or principals.principal_id is null
            or split_part(refused.principal_id, ':', 1) = principals.principal_id
        )
group by
    principals.account_id, principals.arn, changes.applied_at, refused.action, refused.resource, refused.evidence,
    refused.confidence, refused.via, refused.conditions
order by
    principals.arn, changes.applied_at, refused.action, refused.resource, refused.evidence, refused.confidence,
    refused.via, refused.conditions
