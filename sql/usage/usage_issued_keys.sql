-- name: usage_issued_keys
-- grain: one row per (dt, access_key_id): a day on which the key may be used
-- reads: stg_issued_sessions, earlier_sessions
-- keys: dt, access_key_id
-- why: a session lasts up to twelve hours, so it ends on the day it was issued or on the next; what a day's roll-up
--   says must not depend on which days are rolled up with it, so no other day counts
with

issued as (
    select
        dt,
        access_key_id,
        issued_by
    from stg_issued_sessions
    union all
    select
        dt,
        access_key_id,
        issued_by
    from earlier_sessions
),

usable as (
    select
        dt,
        access_key_id,
        issued_by,
        dt as issued_dt
    from issued
    union all
    select
        strftime(dt::date + 1, '%Y-%m-%d') as dt,
        access_key_id,
        issued_by,
        dt as issued_dt
    from issued
)

select * from usable
qualify row_number() over (
    partition by dt, access_key_id
    order by issued_dt desc
) = 1
