-- name: stg_config_items
-- grain: one row per resource that AWS Config says stood at $as_of
-- reads: config_items
-- keys: account_id, resource_type, resource_id
-- why: an item is the whole state of a resource from its capture on; global resources are recorded once per region, and
--   an item comes again with every snapshot. The newest capture counts, then the highest state id, as a number; the
--   rest of the order only makes the answer the same in every run. Deleted resources are gone (domain.md §5)
with

recorded as (
    select * from config_items
    where captured_at <= $as_of
),

newest as (
    select *
    from recorded
    qualify row_number() over (
        partition by account_id, resource_type, resource_id
        order by
            captured_at desc,
            coalesce(try_cast(state_id as decimal(38, 0)), 0) desc,
            case when configuration is null then 1 else 0 end asc,
            region asc,
            configuration asc,
            status asc,
            source_key asc,
            batch_id asc
    ) = 1
)

select *
from newest
where coalesce(status, '') not in ('ResourceDeleted', 'ResourceDeletedNotRecorded')
