-- name: root_mfa_missing
-- grain: one row per account whose root user has no MFA device
-- reads: stg_settings, stg_credentials
-- keys: account_id, subject
-- severity: critical
-- practice: MFA
-- standards: CIS 1.5, FSBP IAM.9
-- remediation: enrol a hardware key for root, or remove the root credentials of member accounts centrally
-- why: the account summary and the credential report both tell; one that says "on" is enough to stay silent
with

in_summary as (
    select
        account_id,
        (value::json ->> 'AccountMFAEnabled')::int = 1 as is_on
    from stg_settings
    where name = 'account_summary' and value::json ->> 'AccountMFAEnabled' is not null
),

in_report as (
    select
        account_id,
        bool_or(mfa_active) as is_on
    from stg_credentials
    where user_name = '<root_account>'
    group by account_id
),

both_sources as (
    select
        coalesce(in_summary.account_id, in_report.account_id) as account_id,
        in_summary.is_on as summary_says,
        in_report.is_on as report_says
    from in_summary
    full outer join in_report on in_summary.account_id = in_report.account_id
)

select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    '' as detail,
    'the root user has no MFA device' as title,
    to_json({'account_summary': summary_says, 'credential_report': report_says}) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from both_sources
where
    coalesce(summary_says, report_says) is not null
    and not coalesce(summary_says, false)
    and not coalesce(report_says, false)
