-- name: bound_uses
-- grain: one row per (account_id, principal, principal_kind, action) of what was not surely refused
-- reads: usage
-- keys: account_id, principal, principal_kind, action
-- why: an SCP must not deny what anybody of its accounts did: users, roles, root and whoever came in from elsewhere. A
--   call whose outcome is not known may have been allowed and counts; what AWS did in its own name shows that a service
--   is in use there. Root is seldom used and for what nothing else can do, so all the lake's history speaks for it
select
    coalesce(account_id, '') as account_id,
    coalesce(principal, '') as principal,
    principal_kind,
    action,
    count(distinct resource)::bigint as uses,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
from usage
where
    outcome not in ('denied', 'unauthenticated')
    and (dt >= $window_start or principal_kind = 'root')
group by coalesce(account_id, ''), coalesce(principal, ''), principal_kind, action
order by account_id, principal, principal_kind, action
