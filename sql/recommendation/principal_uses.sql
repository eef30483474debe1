-- name: principal_uses
-- grain: one row per (principal, day, use) over all the history that the lake has
-- reads: stg_principal_usage
-- keys: principal, dt, action, resource, outcome, evidence, confidence, via, conditions, principal_id
-- form: view
-- why: whose policies of today a use of any day bears on; what was denied is no use
select
    holder_account_id as account_id,
    holder as principal,
    dt,
    principal_id,
    action,
    target as resource,
    outcome,
    evidence,
    confidence,
    via,
    conditions,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
from stg_principal_usage
where outcome in ('success', 'failed')
group by
    holder_account_id, holder, dt, principal_id, action, target, outcome, evidence, confidence, via, conditions
