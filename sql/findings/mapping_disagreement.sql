-- name: mapping_disagreement
-- grain: one row per account, event and action that AWS named when it refused and our tables do not
-- reads: mapping_disagreements
-- keys: account_id, subject, detail
-- severity: low
-- practice: review and monitor
-- standards: AWS IAM best practices
-- remediation: look at the event (`iamaudit explain --event` with the event_id of the evidence), correct or complete
--   its row in event_actions.csv, and tell us
-- why: what our tables say wrongly of a refused call they also say of the calls that succeeded;
--   an action of another service may be a call's companion, so it is no disagreement. The finding is about us: it
--   stands on the account, since it is of no principal
select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    event_source || ' ' || event_name || ' ' || named_action as detail,
    'AWS evaluated ' || named_action || ' for ' || event_name || ', '
    || case
        when kind = 'action that the catalogue does not have' then 'which our catalogue of actions does not have'
        else 'our tables say ' || array_to_string(our_actions, ', ')
    end as title,
    to_json({'our_actions': our_actions, 'calls': calls, 'event_id': event_id}) as evidence,
    first_seen,
    last_seen
from mapping_disagreements
where kind <> 'action of another service'
