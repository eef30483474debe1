-- name: external_trust_without_condition
-- grain: one row per role that another account may assume without being asked for more
-- reads: policy_faults
-- keys: account_id, subject
-- severity: high
-- practice: conditions
-- standards: AWS IAM user guide, confused deputy
-- remediation: add `sts:ExternalId` (a vendor) or `aws:PrincipalOrgID` (an own organisation) to the trust policy
-- why: whoever can make that account's service assume roles can have this one: the confused deputy
select
    account_id,
    subject,
    '' as detail,
    'the role ' || any_value(name) || ' trusts strangers without a condition' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'external_trust_without_condition'
group by account_id, subject
