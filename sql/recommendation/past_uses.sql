-- name: past_uses
-- grain: one row per (principal, action, resource, outcome, evidence, confidence, via, conditions) before the window
-- reads: principal_uses, use_days
-- keys: principal, action, resource, outcome, evidence, confidence, via, conditions
-- why: what a rare periodic use needs although the window does not hold it: the same rows as observed_uses, of earlier
--   days, and only of actions that are seldom used and of which something was used before the window alone
with

rare as (
    select distinct
        principal,
        action
    from use_days
    where last_day < $window_start::date
),

uses as (
    select * from principal_uses
    where dt < $window_start
)

select
    uses.account_id,
    uses.principal,
    uses.action,
    uses.resource,
    uses.outcome,
    uses.evidence,
    uses.confidence,
    uses.via,
    uses.conditions,
    sum(uses.count)::bigint as count,
    min(uses.first_seen) as first_seen,
    max(uses.last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(uses.event_ids))))[1:5] as event_ids
from uses
inner join rare on uses.principal = rare.principal and uses.action = rare.action
group by
    uses.account_id, uses.principal, uses.action, uses.resource, uses.outcome, uses.evidence, uses.confidence,
    uses.via, uses.conditions
order by
    uses.principal, uses.action, uses.resource, uses.outcome, uses.evidence, uses.confidence, uses.via, uses.conditions
