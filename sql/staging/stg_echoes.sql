-- name: stg_echoes
-- grain: one row per event that tells of no call, or of a call that another event tells
-- reads: stg_events
-- keys: event_id
-- why: a cross-account call is logged on both sides under one shared_event_id, and an endpoint logs a view of a call
--   that is logged elsewhere; usage counts a call once, from the caller's own copy (domain.md §1.3, §1.6). S3's access
--   log tells of requests that a trail may have told already, with more: there the trail's record counts (domain.md
--   §7). Both only among the records of one day: what a day's roll-up says must not depend on the days that are
--   rolled up with it. A request to the edge of CloudFront is no call. Only ids are kept, and the events are read once
with

seen as (
    select
        dt,
        event_id,
        shared_event_id,
        coalesce(shared_event_id, event_id) as call_id,
        event_source,
        event_type,
        request_id,
        coalesce(account_id = identity_account_id, false) as is_own_copy,
        identity_arn is not null as names_caller,
        coalesce(
            event_category in ('Insight', 'NetworkActivity')
            or event_type in ('AwsCloudTrailInsight', 'AwsVpceEvent', 'CloudFrontAccessLog'),
            false
        ) as is_no_call
    from stg_events
),

shared as (
    select distinct shared_event_id as call_id
    from seen
    where shared_event_id is not null and not is_no_call
),

copies as (
    select
        event_id,
        row_number() over (
            partition by dt, call_id
            order by is_own_copy desc, names_caller desc, event_id asc
        ) as place
    from seen
    where not is_no_call and call_id in (select shared.call_id from shared)
),

lines as (
    select
        dt,
        event_id,
        request_id
    from seen
    where event_type = 'S3ServerAccessLog' and request_id is not null
),

told_by_a_trail as (
    select distinct
        dt,
        request_id
    from seen
    where
        event_source = 's3.amazonaws.com'
        and coalesce(event_type, '') not in ('S3ServerAccessLog', 'AwsVpceEvent')
        and request_id in (select lines.request_id from lines)
)

select event_id from seen
where is_no_call
union
select event_id from copies
where place > 1
union
select lines.event_id
from lines
inner join told_by_a_trail
    on lines.dt = told_by_a_trail.dt and lines.request_id = told_by_a_trail.request_id
