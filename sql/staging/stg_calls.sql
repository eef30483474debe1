-- name: stg_calls
-- grain: one row per call that was made to AWS
-- reads: stg_events
-- keys: event_id
-- why: a cross-account call is logged on both sides under one shared_event_id, and an endpoint logs a view of a call
--   that is logged elsewhere; usage counts a call once, from the caller's own copy (domain.md §1.3, §1.6). S3's access
--   log tells of requests that a trail may have told already, with more: there the trail's record counts (domain.md
--   §7), if it is of the same day: what a day's roll-up says must not depend on the days that are rolled up with it.
--   A request to the edge of CloudFront is no call.
with

events_seen as (
    select * from stg_events
),

own_views as (
    select * from events_seen
    where
        coalesce(event_category, '') not in ('Insight', 'NetworkActivity')
        and coalesce(event_type, '') not in ('AwsCloudTrailInsight', 'AwsVpceEvent', 'CloudFrontAccessLog')
),

one_copy as (
    select * from own_views
    qualify row_number() over (
        partition by coalesce(shared_event_id, event_id)
        order by
            coalesce(account_id = identity_account_id, false) desc,
            (identity_arn is not null) desc,
            event_id asc
    ) = 1
),

told_by_a_trail as (
    select distinct
        dt,
        request_id
    from stg_events
    where
        event_source = 's3.amazonaws.com'
        and coalesce(event_type, '') not in ('S3ServerAccessLog', 'AwsVpceEvent')
        and request_id is not null
),

one_source as (
    select one_copy.* from one_copy
    left join told_by_a_trail
        on
            one_copy.event_type = 'S3ServerAccessLog'
            and one_copy.request_id = told_by_a_trail.request_id
            and one_copy.dt = told_by_a_trail.dt
    where told_by_a_trail.request_id is null
)

select * from one_source
