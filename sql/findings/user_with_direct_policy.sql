-- name: user_with_direct_policy
-- grain: one row per user that holds policies itself instead of through a group
-- reads: stg_principals, stg_attachments
-- keys: account_id, subject
-- severity: low
-- practice: policies on groups
-- standards: CIS 1.15, FSBP IAM.2
-- remediation: put the user into a group that holds the policy, and take the policy from the user
-- why: inline or attached, both are policies that nobody reviews together
select
    users.account_id,
    users.arn as subject,
    '' as detail,
    'the user ' || users.name
    || ' holds ' || count(*) || if(count(*) = 1, ' policy', ' policies') || ' itself' as title,
    to_json({'policies': list_sort(list(attachments.policy_id))}) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from stg_principals as users
inner join stg_attachments as attachments on users.arn = attachments.holder_arn
where users.kind = 'user'
group by users.account_id, users.arn, users.name
