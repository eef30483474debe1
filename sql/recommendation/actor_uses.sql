-- name: actor_uses
-- grain: one row per (role, actor, action, resource, outcome, evidence, confidence, via, conditions) in the window
-- reads: stg_principal_usage
-- keys: principal, actor_kind, actor, action, resource, outcome, evidence, confidence, via, conditions
-- why: which of the persons and workloads inside a shared role needs what. Whether an actor is one that could get a
--   policy is for the reader to say; who is known by no name has a null
select
    holder_account_id as account_id,
    holder as principal,
    actor_kind,
    actor,
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
where
    dt >= $window_start
    and outcome in ('success', 'failed')
    and contains(holder, ':role/')
group by
    holder_account_id, holder, actor_kind, actor, action, target, outcome, evidence, confidence, via, conditions
order by holder, actor_kind, actor, action, target, outcome, evidence, confidence, via, conditions
