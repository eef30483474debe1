-- name: use_contexts
-- grain: one row per (principal, action, resource, via, condition key, value) of what must stay allowed
-- reads: stg_principal_usage
-- keys: principal, action, resource, via, condition_key, value
-- why: a condition may be proposed where one value holds for every use, so each value stands with how often and since
--   when. A value that is null was not told: it is unknown, not "no", and forbids a condition on the key. No log tells
--   the organisation that a caller belongs to (aws:PrincipalOrgID): the inventory has to. What a service does in the
--   caller's name (`via`) comes by the service's own ways: its endpoint says nothing of the caller's
with

uses as (
    select
        holder_account_id as account_id,
        holder as principal,
        action,
        target as resource,
        via,
        region,
        vpc_endpoint_id,
        mfa::varchar as mfa,
        count,
        first_seen,
        last_seen
    from stg_principal_usage
    where dt >= $window_start and outcome in ('success', 'failed')
),

contexts as (
    select
        * exclude (region, vpc_endpoint_id, mfa),
        'aws:RequestedRegion' as condition_key,
        region as value
    from uses
    union all
    select
        * exclude (region, vpc_endpoint_id, mfa),
        'aws:SourceVpce' as condition_key,
        vpc_endpoint_id as value
    from uses
    union all
    select
        * exclude (region, vpc_endpoint_id, mfa),
        'aws:MultiFactorAuthPresent' as condition_key,
        mfa as value
    from uses
)

select
    account_id,
    principal,
    action,
    resource,
    via,
    condition_key,
    value,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
from contexts
group by account_id, principal, action, resource, via, condition_key, value
order by principal, action, resource, via, condition_key, value
