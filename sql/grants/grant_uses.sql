-- name: grant_uses
-- grain: one row per (principal, action) seen in the window
-- reads: stg_principal_usage
-- keys: principal, action
-- why: success and authorised-then-failed are use, a denied call is not (domain.md §1.4). A permission that other calls
--   imply with low confidence may have been used, and so may each of several actions of which a call needed one:
--   `maybe_count` has those, and count does not. That a role was passed is sure even where it is not sure which, and
--   of several actions it is sure that somebody called: `last_called_at` and `last_tried_at` have that
with

seen as (
    select
        *,
        outcome in ('success', 'failed') as is_use,
        coalesce(evidence = 'implied' and confidence = 'low', false) and action <> 'iam:PassRole' as is_guess,
        coalesce(confidence = 'either', false) as is_either,
        is_guess or is_either as is_doubtful
    from stg_principal_usage
    where
        dt >= $window_start
        and principal_kind in ('user', 'role', 'federated', 'external')
)

select
    holder_account_id as account_id,
    holder as principal,
    action,
    coalesce(sum(count) filter (where is_use and not is_doubtful), 0)::bigint as count,
    coalesce(sum(count) filter (where is_use and is_doubtful), 0)::bigint as maybe_count,
    coalesce(sum(count) filter (where outcome = 'denied'), 0)::bigint as denied_count,
    min(first_seen) filter (where is_use and not is_doubtful) as first_seen,
    max(last_seen) filter (where is_use and not is_doubtful) as last_seen,
    max(last_seen) filter (where is_use and not is_guess) as last_called_at,
    max(last_seen) filter (where not is_guess) as last_tried_at  -- whatever came of it
from seen
group by holder_account_id, holder, action
