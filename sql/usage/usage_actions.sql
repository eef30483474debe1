-- name: usage_actions
-- grain: one row per (principal, action, resource, outcome, evidence, via) in the window
-- reads: usage
-- keys: account_id, principal, principal_id, action, resource, outcome, evidence, confidence, via, conditions
-- why: what `iamaudit usage` prints: the daily roll-up added up
select
    account_id,
    principal,
    principal_id,
    principal_kind,
    action,
    resource,
    outcome,
    evidence,
    confidence,
    via,
    conditions,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
from usage
where dt >= $window_start
group by
    account_id, principal, principal_id, principal_kind, action, resource, outcome, evidence, confidence, via,
    conditions
order by account_id, principal, action, resource, outcome, evidence, via
