-- name: root_access_key
-- grain: one row per account whose root user has an access key
-- reads: stg_settings, stg_credentials
-- keys: account_id, subject
-- severity: critical
-- practice: never use root
-- standards: CIS 1.4, FSBP IAM.4
-- remediation: replace what uses the key by a role, then delete the key
-- why: such a key can do everything and cannot be limited by a policy
with

in_summary as (
    select account_id
    from stg_settings
    where name = 'account_summary' and (value::json ->> 'AccountAccessKeysPresent')::int > 0
),

in_report as (
    select account_id
    from stg_credentials
    where user_name = '<root_account>' and kind in ('access_key_1', 'access_key_2') and is_active
),

in_either as (
    select * from in_summary
    union
    select * from in_report
)

select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    '' as detail,
    'the root user has an access key' as title,
    to_json({'account_id': account_id}) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from in_either
