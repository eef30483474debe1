-- name: sensitive_allow_without_condition
-- grain: one row per policy that allows something dangerous without a condition
-- reads: policy_faults
-- keys: account_id, subject
-- severity: low
-- practice: conditions
-- standards: AWS IAM best practices
-- remediation: add a condition, such as on the network, the organisation or MFA, or name less
-- why: a stolen credential is then as good as its owner
select
    account_id,
    subject,
    '' as detail,
    'the policy ' || any_value(name) || ' allows without a condition what should have one' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'sensitive_allow_without_condition'
group by account_id, subject
