-- name: stg_issued_sessions
-- grain: one row per (dt, access_key_id) that sts gave out for a role or for root
-- reads: deliveries
-- keys: dt, access_key_id
-- why: the temporary key in the answer is in every later call of the session, so it links the two exactly, where
--   names of sessions do not (domain.md §1.2, role chaining). Of a cross-account pair the caller's own copy counts: it
--   alone names who called. Doubles are told apart here, among the few answers of sts, and not among all events
with

answers as (
    select
        *,
        strftime(event_time, '%Y-%m-%d') as dt,
        json_extract_string(response_elements, '$.credentials.accessKeyId') as issued_key_id
    from deliveries
    where
        event_source = 'sts.amazonaws.com'
        and event_name in ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')
        and error_code is null
        and response_elements is not null
        and event_time is not null
)

select
    dt,
    issued_key_id as access_key_id,
    event_time as issued_at,
    coalesce(
        json_extract_string(request_parameters, '$.roleArn'),
        json_extract_string(request_parameters, '$.targetPrincipal')
    ) as role,
    case when identity_type = 'AWSService' then invoked_by end as issued_by,
    access_key_id as caller_key_id,
    aws_region,
    identity_type,
    identity_arn,
    principal_id,
    identity_account_id,
    user_name,
    issuer_arn,
    issuer_type,
    issuer_id,
    invoked_by,
    on_behalf_of,
    source_identity,
    in_scope_of
from answers
where issued_key_id is not null
qualify row_number() over (
    partition by dt, issued_key_id
    order by
        coalesce(account_id = identity_account_id, false) desc,
        identity_arn is not null desc,
        event_id asc,
        source_key desc,
        batch_id asc
) = 1
