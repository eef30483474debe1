-- name: idle_password
-- grain: one row per active console password that nobody used for $idle_password_days days
-- reads: credential_activity
-- keys: account_id, subject, detail
-- severity: medium
-- practice: remove idle credentials
-- standards: CIS 1.12, FSBP IAM.22
-- remediation: ask the person, then delete the login profile: `aws iam delete-login-profile --user-name NAME`
-- why: measured from the last use in the credential report or the logs, whichever is newer; one that was never used
--   from the day it was made. A report that has no information on the use of a password older than AWS's tracking is no
--   proof of idleness (domain.md §6)
with

active as (
    select * from credential_activity
    where
        kind = 'password'
        and is_active
        and user_name <> '<root_account>'
)

select
    account_id,
    user_arn as subject,
    kind as detail,
    case
        when last_activity_at is null
            then
                'the console password of ' || user_name
                || ' was never used in ' || date_diff('day', since_at, $as_of) || ' days'
        else
            'the console password of ' || user_name
            || ' was not used for ' || date_diff('day', last_activity_at, $as_of) || ' days'
    end as title,
    to_json({
        'last_used_at': last_activity_at,
        'last_used_in_report': last_used_at,
        'last_used_in_logs': last_seen_in_logs,
        'made_or_rotated_at': since_at,
        'threshold_days': $idle_password_days
    }) as evidence,
    since_at as first_seen,
    last_activity_at as last_seen
from active
where
    since_at < $as_of - to_days($idle_password_days)
    and (
        last_activity_at < $as_of - to_days($idle_password_days)
        or never_used
    )
