-- name: stg_events
-- grain: one row per event_id
-- reads: events
-- keys: event_id
-- why: a record may be delivered twice, by one trail or by several; the copy with an addendum wins, then the
--   latest delivered (domain.md §1.6). Cross-account pairs and endpoint views are told apart later.
with

source as (
    select * from events
),

each_once as (
    select
        *,
        strftime(event_time, '%Y-%m-%d') as dt
    from source
    qualify row_number() over (
        partition by event_id
        order by
            coalesce(extra like '%"addendum"%', false) desc,
            regexp_extract(source_key, '_(\d{8}T\d{4}Z)_', 1) desc,
            source_key desc,
            batch_id asc
    ) = 1
)

select * from each_once
