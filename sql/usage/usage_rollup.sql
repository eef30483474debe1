-- name: usage_rollup
-- grain: one row per (dt, principal, action, resource, outcome, evidence, via, actor, features)
-- reads: usage_day_shapes, mapped_shapes
-- keys: dt, account_id, principal, principal_id, principal_kind, action, resource, outcome, evidence, confidence, via,
--   conditions, region, vpc_endpoint_id, mfa, actor_kind, actor, assumed_by
-- why: the evidence that all findings stand on, small enough to keep for years. Whoever is at the root of a chain of
--   roles is behind the call, unless the identity itself names a person
with

shapes as (
    select * from usage_day_shapes
),

uses as (
    select * from mapped_shapes
),

used as (
    select
        shapes.dt,
        uses.account_id,
        uses.principal,
        uses.principal_id,
        uses.principal_kind,
        uses.action,
        uses.resource,
        uses.outcome,
        uses.evidence,
        uses.confidence,
        uses.via,
        uses.conditions,
        shapes.aws_region as region,
        shapes.vpc_endpoint_id,
        shapes.mfa,
        case
            when uses.actor_kind in ('person', 'identity_center') then uses.actor_kind
            else coalesce(shapes.root_kind, uses.actor_kind)
        end as actor_kind,
        case
            when uses.actor_kind in ('person', 'identity_center') or shapes.root_kind is null then uses.actor
            else shapes.root_name
        end as actor,
        shapes.assumed_by,
        shapes.count,
        shapes.first_seen,
        shapes.last_seen,
        shapes.event_ids
    from shapes
    inner join uses on shapes.shape = uses.shape
)

select
    dt,
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
    region,
    vpc_endpoint_id,
    mfa,
    actor_kind,
    actor,
    assumed_by,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
from used
group by
    dt, account_id, principal, principal_id, principal_kind, action, resource, outcome, evidence, confidence, via,
    conditions, region, vpc_endpoint_id, mfa, actor_kind, actor, assumed_by
order by
    dt, account_id, principal, action, resource, outcome, evidence, confidence, via, conditions, region,
    vpc_endpoint_id, mfa, actor_kind, actor, assumed_by
