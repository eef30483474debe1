-- name: held_out_scores
-- grain: one row per (principal, length of the learning window), as of the principal's latest hold-out
-- reads: holdouts
-- keys: principal, learn_days
-- why: a certificate tells the latest evaluation that was made when it is written; one that is repeated for an earlier
--   instant does not know of later ones
select *
from holdouts
where captured_at <= $as_of
qualify captured_at = max(captured_at) over (partition by principal)
order by principal, learn_days
