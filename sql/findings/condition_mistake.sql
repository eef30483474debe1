-- name: condition_mistake
-- grain: one row per policy with a condition that does not mean what it seems to
-- reads: policy_faults
-- keys: account_id, subject
-- severity: medium
-- practice: conditions
-- standards: Access Analyzer policy validation
-- remediation: mend the condition as the evidence says
-- why: absent keys, sets and wildcards are where conditions are misread (domain.md §3.4)
select
    account_id,
    subject,
    '' as detail,
    'the policy ' || any_value(name) || ' has a condition that does not mean what it seems to' as title,
    to_json({
        'statements': list({'statement': statement, 'sid': sid, 'words': words} order by statement nulls first, words)
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from policy_faults
where "check" = 'condition_mistake'
group by account_id, subject
