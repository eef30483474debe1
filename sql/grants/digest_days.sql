-- name: digest_days
-- grain: one row per (account, region, trail, day) of the window that a digest speaks of
-- reads: stg_log_integrity
-- keys: account_id, region, trail, dt
-- why: valid digests that follow one another over a whole day (`is_whole`) prove how many logs were delivered that day,
--   also when it was none. A log or digest that is missing, invalid or beside a gap of the chain takes the days of its
--   hours away; an object just after midnight holds events of the day before (domain.md §1.7, §1.8). `logs_inside`
--   counts digests that do not reach over midnight
with

chain as (
    select distinct
        account_id,
        region,
        trail,
        window_start::timestamp as starts_at,
        window_end::timestamp as ends_at,
        logs
    from stg_log_integrity
    where
        kind = 'digest'
        and verdict = 'valid'
        and window_end > $window_start::timestamptz
        and window_start < $window_end::timestamptz
        and window_end > window_start
),

chain_days as (
    select
        *,
        unnest(generate_series(date_trunc('day', starts_at), ends_at - interval 1 microsecond, interval 1 day)) as day
    from chain
),

within_days as (
    select
        account_id,
        region,
        trail,
        day,
        logs,
        starts_at >= day and ends_at <= day + interval 1 day as is_inside,
        greatest(starts_at, day) as starts_at,
        least(ends_at, day + interval 1 day) as ends_at
    from chain_days
),

steps as (
    select
        *,
        coalesce(
            max(ends_at) over (
                partition by account_id, region, trail, day
                order by starts_at, ends_at
                rows between unbounded preceding and 1 preceding
            ),
            day
        ) as reached
    from within_days
),

judged as (
    select
        account_id,
        region,
        trail,
        strftime(day, '%Y-%m-%d') as dt,
        max(ends_at) >= any_value(day) + interval 1 day and max(starts_at - reached) <= interval 0 second as is_whole,
        if(count(logs) = count(*), sum(logs), null) as logs,
        coalesce(sum(logs) filter (where is_inside), 0) as logs_inside
    from steps
    group by account_id, region, trail, day
),

bad as (
    select
        account_id,
        region,
        trail,
        case verdict
            when 'gap' then 'the digests have a gap'
            else 'a ' || kind || ' is ' || verdict
        end || coalesce(': ' || nullif(reason, ''), '') as reason,
        greatest(window_start::timestamp - interval 1 hour, $window_start::timestamp) as starts_at,
        least(window_end::timestamp - interval 1 microsecond, $window_end::timestamp) as ends_at
    from stg_log_integrity
    where
        verdict in ('missing', 'invalid', 'gap')
        and coalesce(window_end > $window_start::timestamptz, true)
        and coalesce(window_start - interval 1 hour < $window_end::timestamptz, true)
),

bad_days as (
    select
        account_id,
        region,
        trail,
        reason,
        strftime(
            unnest(generate_series(date_trunc('day', starts_at), greatest(starts_at, ends_at), interval 1 day)),
            '%Y-%m-%d'
        ) as dt
    from bad
),

broken as (
    select
        account_id,
        region,
        trail,
        dt,
        min(reason) as reason
    from bad_days
    group by account_id, region, trail, dt
)

select
    coalesce(judged.account_id, broken.account_id) as account_id,
    coalesce(judged.region, broken.region) as region,
    coalesce(judged.trail, broken.trail) as trail,
    coalesce(judged.dt, broken.dt) as dt,
    coalesce(judged.is_whole, false) and broken.dt is null as is_whole,
    judged.logs::bigint as logs,
    coalesce(judged.logs_inside, 0)::bigint as logs_inside,
    broken.dt is not null as is_broken,
    broken.reason
from judged
full outer join broken
    on
        judged.account_id = broken.account_id
        and judged.region is not distinct from broken.region
        and judged.trail is not distinct from broken.trail
        and judged.dt = broken.dt
where coalesce(judged.dt, broken.dt) >= $window_start and coalesce(judged.dt, broken.dt) < $window_end
