-- name: root_used
-- grain: one row per account whose root user acted
-- reads: usage, credential_use, stg_credentials
-- keys: account_id, subject
-- severity: high
-- practice: never use root
-- standards: CIS 1.7, FSBP CloudWatch.1
-- remediation: find out who and why, work with roles instead, and lock the root credentials away
-- why: any call or sign-in by root in the window, from the logs or from the credential report; not what an AWS service
--   did in root's name (`via`), which nobody with root's credentials asked for
with

in_logs as (
    select
        account_id,
        sum(count) as calls,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        list_sort(list(distinct action))[1:20] as actions,
        list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
    from usage
    where principal_kind = 'root' and dt >= $window_start and outcome <> 'unauthenticated' and via is null
    group by account_id
),

sign_ins as (
    select
        account_id,
        sum(count) as sign_ins,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
    from credential_use
    where user_arn like '%:root' and kind = 'password' and dt >= $window_start
    group by account_id
),

own_calls as (
    select
        account_id,
        sum(count) as calls,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        list_sort(list_distinct(flatten(list(event_ids))))[1:5] as event_ids
    from credential_use
    where kind = 'root_call' and dt >= $window_start
    group by account_id
),

in_report as (
    select
        account_id,
        max(last_used_at) as last_used_at
    from stg_credentials
    where user_name = '<root_account>' and last_used_at >= $window_start::timestamptz
    group by account_id
),

accounts as (
    select account_id from in_logs
    union
    select account_id from sign_ins
    union
    select account_id from own_calls
    union
    select account_id from in_report
)

select
    accounts.account_id,
    'arn:aws:iam::' || accounts.account_id || ':root' as subject,
    '' as detail,
    'the root user acted, last on '
    || strftime(
        greatest(in_logs.last_seen, own_calls.last_seen, sign_ins.last_seen, in_report.last_used_at), '%Y-%m-%d'
    ) as title,
    to_json({
        'calls': coalesce(own_calls.calls, in_logs.calls, 0),
        'console_sign_ins': coalesce(sign_ins.sign_ins, 0),
        'actions': coalesce(in_logs.actions, []),
        'last_used_in_report': in_report.last_used_at,
        'event_ids': list_sort(
            list_distinct(list_concat(in_logs.event_ids, own_calls.event_ids, sign_ins.event_ids))
        )[1:5]
    }) as evidence,
    least(in_logs.first_seen, own_calls.first_seen, sign_ins.first_seen) as first_seen,
    greatest(in_logs.last_seen, own_calls.last_seen, sign_ins.last_seen, in_report.last_used_at) as last_seen
from accounts
left join in_logs on accounts.account_id = in_logs.account_id
left join own_calls on accounts.account_id = own_calls.account_id
left join sign_ins on accounts.account_id = sign_ins.account_id
left join in_report on accounts.account_id = in_report.account_id
