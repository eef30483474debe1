-- name: usage_day_shapes
-- grain: one row per (dt, shape)
-- reads: stg_events, stg_echoes, usage_session_keys
-- keys: dt, shape
-- why: everything that the roll-ups look at makes the shape, so that the events are read once and a shape is worked
--   out once however often it occurs. The answer of sts calls holds fresh credentials each time and no resource, a
--   temporary key is no credential to look after: both are left out
with

echoes as (
    select event_id from stg_echoes
),

events as (
    select
        stg_events.*,
        sessions.issued_by,
        sessions.assumed_by,
        sessions.actor_kind as root_kind,
        sessions.actor as root_name
    from stg_events
    left join usage_session_keys as sessions
        on stg_events.dt = sessions.dt and stg_events.access_key_id = sessions.access_key_id
),

columns_read as (
    select
        dt,
        event_source,
        event_name,
        event_type,
        event_category,
        read_only,
        aws_region,
        account_id,
        error_code,
        error_message,
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
        in_scope_of,
        issued_by,
        assumed_by,
        root_kind,
        root_name,
        vpc_endpoint_id,
        mfa_authenticated as mfa,
        resources,
        request_parameters,
        case
            when event_source = 'signin.amazonaws.com' then response_elements
            when read_only or event_source = 'sts.amazonaws.com' then null
            else response_elements
        end as response_elements,
        case when access_key_id like 'AKIA%' then access_key_id end as access_key_id,
        case
            when event_source = 'signin.amazonaws.com'
                then json_extract_string(additional_event_data, '$.MFAUsed') = 'Yes'
        end as with_mfa,
        event_id not in (select echoes.event_id from echoes) as is_call,
        event_time,
        event_id
    from events
),

shapes as (
    select
        * exclude (event_time, event_id),
        count(*) as count,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        min(event_id, 5) as event_ids
    from columns_read
    group by all
)

select
    row_number() over () as shape,
    * exclude (resources),
    case when resources is not null then to_json(resources)::varchar end as resources
from shapes
