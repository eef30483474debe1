-- name: denied_since
-- grain: one row per (principal, change, action, resource, evidence, confidence, via, conditions) refused since then
-- reads: stg_principal_usage, applied_changes
-- keys: principal, applied_at, action, resource, evidence, confidence, via, conditions
-- why: what a change may have taken away too much of. The roll-up is by day: of a day in which the same call was
--   refused before the change and after it, count_surely leaves all of it out, and count has all of it
with

changes as (
    select * from applied_changes
),

refused as (
    select * from stg_principal_usage
    where outcome = 'denied'
)

select
    refused.holder_account_id as account_id,
    refused.holder as principal,
    changes.applied_at,
    refused.action,
    refused.target as resource,
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
inner join refused on changes.principal = refused.holder and changes.applied_at <= refused.last_seen
group by
    refused.holder_account_id, refused.holder, changes.applied_at, refused.action, refused.target, refused.evidence,
    refused.confidence, refused.via, refused.conditions
order by
    refused.holder, changes.applied_at, refused.action, refused.target, refused.evidence, refused.confidence,
    refused.via, refused.conditions
