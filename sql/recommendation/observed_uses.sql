-- name: observed_uses
-- grain: one row per (principal, action, resource, outcome, evidence, confidence, via, conditions) in the window
-- reads: stg_principal_usage
-- keys: principal, action, resource, outcome, evidence, confidence, via, conditions
-- why: what a smaller policy must still allow: success, and authorised then failed
select
    holder_account_id as account_id,
    holder as principal,
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
where dt >= $window_start and outcome in ('success', 'failed')
group by holder_account_id, holder, action, target, outcome, evidence, confidence, via, conditions
order by holder, action, target, outcome, evidence, confidence, via, conditions
