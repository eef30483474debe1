-- name: access_key_age
-- grain: one row per active access key older than $key_age_days days
-- reads: stg_credentials
-- keys: account_id, subject, detail
-- severity: medium
-- practice: unique keys and temporary credentials
-- standards: CIS 1.14, FSBP IAM.3
-- remediation: make a second key, move its users over, make the old one inactive and delete it; better, use a role
-- why: measured from the day the key was made or last changed
select
    account_id,
    user_arn as subject,
    kind as detail,
    'an access key of ' || user_name || ' is ' || date_diff('day', last_rotated_at, $as_of) || ' days old' as title,
    to_json({
        'last_rotated_at': last_rotated_at,
        'last_used_at': last_used_at,
        'threshold_days': $key_age_days
    }) as evidence,
    last_rotated_at as first_seen,
    last_used_at as last_seen
from stg_credentials
where
    kind in ('access_key_1', 'access_key_2')
    and "exists"
    and is_active
    and last_rotated_at < $as_of - to_days($key_age_days)
