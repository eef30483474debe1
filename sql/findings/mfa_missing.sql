-- name: mfa_missing
-- grain: one row per user that can sign in to the console without a second factor
-- reads: stg_credentials
-- keys: account_id, subject
-- severity: high
-- practice: MFA
-- standards: CIS 1.10, FSBP IAM.5
-- remediation: let the person enrol a device, and deny everything without `aws:MultiFactorAuthPresent` meanwhile
-- why: a password that is enabled and no MFA device
select
    account_id,
    user_arn as subject,
    '' as detail,
    user_name || ' has a console password and no MFA device' as title,
    to_json({'password_last_used_at': last_used_at, 'mfa_active': mfa_active}) as evidence,
    user_created_at as first_seen,
    last_used_at as last_seen
from stg_credentials
where
    kind = 'password'
    and "exists"
    and is_active
    and mfa_active = false
    and user_name <> '<root_account>'
