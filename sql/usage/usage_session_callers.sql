-- name: usage_session_callers
-- grain: one row per (dt, access_key_id) that sts gave out
-- reads: stg_issued_sessions, usage_issued_keys
-- keys: dt, access_key_id
-- why: who asked for a session, as one text of all that attribution looks at: Python works each distinct one out once.
--   A caller may itself be in a session, whose own link is here
with

sessions as (
    select * from stg_issued_sessions
),

keys as (
    select * from usage_issued_keys
)

select
    sessions.dt,
    sessions.access_key_id,
    sessions.issued_at,
    sessions.role,
    sessions.issued_by,
    sessions.caller_key_id,
    keys.issued_dt as caller_issued_dt,
    to_json({
        'aws_region': sessions.aws_region,
        'identity_type': sessions.identity_type,
        'identity_arn': sessions.identity_arn,
        'principal_id': sessions.principal_id,
        'identity_account_id': sessions.identity_account_id,
        'user_name': sessions.user_name,
        'issuer_arn': sessions.issuer_arn,
        'issuer_type': sessions.issuer_type,
        'issuer_id': sessions.issuer_id,
        'invoked_by': sessions.invoked_by,
        'on_behalf_of': sessions.on_behalf_of,
        'source_identity': sessions.source_identity,
        'in_scope_of': sessions.in_scope_of,
        'issued_by': keys.issued_by
    })::varchar as caller
from sessions
left join keys on sessions.dt = keys.dt and sessions.caller_key_id = keys.access_key_id
