-- name: usage_day_shapes
-- grain: one row per (dt, shape)
-- reads: stg_calls
-- keys: dt, shape
-- why: everything that the mapping looks at makes the shape; a shape is worked out once however often it occurs.
--   The answer of sts calls holds fresh credentials each time and no resource, so it is left out.
with

calls as (
    select * from stg_calls
),

columns_read as (
    select
        dt,
        event_id,
        event_time,
        to_json({
            'event_source': event_source,
            'event_name': event_name,
            'event_type': event_type,
            'event_version': event_version,
            'aws_region': aws_region,
            'account_id': account_id,
            'error_code': error_code,
            'error_message': error_message,
            'identity_type': identity_type,
            'identity_arn': identity_arn,
            'principal_id': principal_id,
            'identity_account_id': identity_account_id,
            'user_name': user_name,
            'issuer_arn': issuer_arn,
            'issuer_type': issuer_type,
            'issuer_id': issuer_id,
            'invoked_by': invoked_by,
            'on_behalf_of': on_behalf_of,
            'resources': resources,
            'request_parameters': request_parameters,
            'response_elements': case
                when event_source = 'signin.amazonaws.com' then response_elements
                when read_only or event_source = 'sts.amazonaws.com' then null
                else response_elements
            end,
            'service_event_details': service_event_details
        })::varchar as shape_json
    from calls
)

select
    dt,
    md5(shape_json) as shape,
    any_value(shape_json) as shape_json,
    count(*) as count,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    min(event_id, 5) as event_ids
from columns_read
group by dt, md5(shape_json)
