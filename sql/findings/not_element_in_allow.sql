-- name: not_element_in_allow
-- grain: one row per policy that allows all but what it lists
-- reads: policy_faults
-- keys: account_id, subject
-- severity: high
-- practice: least privilege
-- standards: AWS IAM best practices
-- remediation: name what is allowed, or keep the list in a Deny
-- why: what AWS adds tomorrow is allowed today
select
    account_id,
    subject,
    '' as detail,
    'the policy ' || any_value(name) || ' allows all but what it lists' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'not_element_in_allow'
group by account_id, subject
