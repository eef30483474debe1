-- name: web_identity_trust_too_wide
-- grain: one row per role that any workload of a web identity provider may assume
-- reads: policy_faults
-- keys: account_id, subject
-- severity: critical
-- practice: conditions
-- standards: AWS IAM best practices
-- remediation: add conditions on the provider's `aud` and `sub` to the trust policy
-- why: without `sub` every repository or user of the provider can have the role
select
    account_id,
    subject,
    '' as detail,
    'the role ' || any_value(name) || ' trusts all of a web identity provider' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'web_identity_trust_too_wide'
group by account_id, subject
