-- name: stg_calls
-- grain: one row per call that was made to AWS
-- reads: stg_events
-- keys: event_id
-- why: a cross-account call is logged on both sides under one shared_event_id, and an endpoint logs a view of a call
--   that is logged elsewhere; usage counts a call once, from the caller's own copy (domain.md §1.3, §1.6).
with

events_seen as (
    select * from stg_events
),

own_views as (
    select * from events_seen
    where
        coalesce(event_category, '') not in ('Insight', 'NetworkActivity')
        and coalesce(event_type, '') not in ('AwsCloudTrailInsight', 'AwsVpceEvent')
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
)

select * from one_copy
