-- name: events
-- grain: one row per event_id
-- reads: deliveries
-- keys: event_id
-- form: view
-- why: a record may be delivered twice, by one trail or by several, or read by two writers; the copy with an addendum
--   wins, then the latest delivered (domain.md §1.6). Doubles are few: only they are sorted, all else streams through.
--   Cross-account pairs and endpoint views are told apart later
with

copies as (
    select * from deliveries
),

doubled as (
    select event_id
    from copies
    group by event_id
    having count(*) > 1
),

singles as (
    select * from copies
    where event_id not in (select doubled.event_id from doubled)
),

best_copies as (
    select * from copies
    where event_id in (select doubled.event_id from doubled)
    qualify row_number() over (
        partition by event_id
        order by
            coalesce(extra like '%"addendum"%', false) desc,
            regexp_extract(source_key, '_(\d{8}T\d{4}Z)_', 1) desc,
            source_key desc,
            batch_id asc
    ) = 1
)

select * from singles
union all
select * from best_copies
