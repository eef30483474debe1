-- name: grant_states
-- grain: one row per (principal, action) granted or used
-- reads: grant_verdicts, grant_actions
-- keys: principal, action
-- form: view
-- why: the four answers with the statements that grant; whoever does not ask for those does not pay for them
select
    verdicts.account_id,
    verdicts.principal,
    verdicts.action,
    verdicts.state,
    verdicts.reason,
    coalesce(granted.granted_by, []) as granted_by,
    verdicts.count,
    verdicts.denied_count,
    verdicts.first_seen,
    verdicts.last_seen,
    verdicts.doubt
from grant_verdicts as verdicts
left join grant_actions as granted
    on verdicts.principal = granted.principal and verdicts.action = granted.action
order by verdicts.account_id, verdicts.principal, verdicts.action
