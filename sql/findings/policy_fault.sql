-- name: policy_fault
-- grain: one row per policy or role with a statement that does nothing, or a document that is none
-- reads: policy_faults
-- keys: account_id, subject
-- severity: low
-- practice: review and monitor
-- standards: Access Analyzer policy validation
-- remediation: take the statement out, or mend it as the evidence says
-- why: who reads a statement that does nothing believes in a rule that is not there
select
    account_id,
    subject,
    '' as detail,
    any_value(name) || ' has a statement that does nothing, or is none' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'policy_fault'
group by account_id, subject
