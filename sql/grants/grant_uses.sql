-- name: grant_uses
-- grain: one row per (principal, action) seen in the window
-- reads: usage, stg_principals, stg_principal_names
-- keys: principal, action
-- why: success and authorised-then-failed are use, a denied call is not (domain.md §1.4). A role made anew under an
--   old name is another principal, so the unique id must agree where both are known (domain.md §1.2). Service-linked
--   roles belong to AWS and are left out, as in grant_holders
with

principals as (
    select * from stg_principals
    where kind in ('user', 'role') and not coalesce(is_service_linked, false)
),

names as (
    select * from stg_principal_names
),

seen as (
    select * from usage
    where
        dt >= $window_start
        and principal_kind in ('user', 'role', 'federated', 'external')
),

attributed as (
    select
        principals.account_id,
        principals.arn as principal,
        seen.action,
        seen.outcome,
        seen.count,
        seen.first_seen,
        seen.last_seen
    from seen
    left join names as by_id on lower(split_part(seen.principal_id, ':', 1)) = by_id.seen_as
    inner join names on coalesce(by_id.seen_as, lower(seen.principal)) = names.seen_as
    inner join principals
        on
            names.arn = principals.arn
            and (
                seen.principal_id is null
                or principals.principal_id is null
                or split_part(seen.principal_id, ':', 1) = principals.principal_id
            )
)

select
    account_id,
    principal,
    action,
    coalesce(sum(count) filter (where outcome in ('success', 'failed')), 0)::bigint as count,
    coalesce(sum(count) filter (where outcome = 'denied'), 0)::bigint as denied_count,
    min(first_seen) filter (where outcome in ('success', 'failed')) as first_seen,
    max(last_seen) filter (where outcome in ('success', 'failed')) as last_seen,
    max(last_seen) as last_tried_at  -- whatever came of it
from attributed
group by account_id, principal, action
