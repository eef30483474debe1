-- name: usage_actors
-- grain: one row per (principal, action, resource, outcome, actor, root of the chain of roles) in the window
-- reads: usage
-- keys: account_id, principal, principal_id, action, resource, outcome, actor_kind, actor, assumed_by
-- why: who in a shared role used it: the persons and workloads behind the principal. `is_doubtful` where none of the
--   calls says for sure that it needed the action
select
    account_id,
    principal,
    principal_id,
    principal_kind,
    action,
    resource,
    outcome,
    actor_kind,
    actor,
    assumed_by,
    bool_and(
        coalesce(confidence = 'either', false)
        or (coalesce(evidence = 'implied' and confidence = 'low', false) and action <> 'iam:PassRole')
    ) as is_doubtful,
    sum(count)::bigint as count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
from usage
where dt >= $window_start
group by
    account_id, principal, principal_id, principal_kind, action, resource, outcome, actor_kind, actor, assumed_by
order by account_id, principal, actor_kind, actor, assumed_by, action, resource, outcome
