-- name: service_trust_without_source
-- grain: one row per role that a service may assume for anybody
-- reads: policy_faults
-- keys: account_id, subject
-- severity: high
-- practice: conditions
-- standards: AWS IAM user guide, confused deputy
-- remediation: add `aws:SourceAccount` or `aws:SourceArn` to the trust policy where the service sends them
-- why: a service that acts for many customers could be led to use this role for another: the confused deputy
select
    account_id,
    subject,
    '' as detail,
    'the role ' || any_value(name) || ' trusts services without asking for whom they act' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'service_trust_without_source'
group by account_id, subject
