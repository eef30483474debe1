-- name: region_days
-- grain: one row per (account, region, day) of the window, for every region that the lake has anything of
-- reads: coverage, log_losses, digest_days
-- keys: account_id, region, dt
-- why: what the lake can say of one region on one day. `covered`: it has events of that day, or whole digests that list
--   nothing. `gap`: something is known to be lost, or digests list logs of which the lake has nothing, or nothing came
--   from a busy region: one with events on nine days of ten over some two weeks. `quiet`: nothing came, and nothing had
--   to. A busy region stays busy: that it falls silent later, for however long, is the gap. An object without events of
--   its day shows nothing: it brought late ones (docs/decisions/0008)
with

days as (
    select strftime(day, '%Y-%m-%d') as dt
    from generate_series($window_start::date, $window_end::date - interval 1 day, interval 1 day) as series (day)
),

heard as (
    select
        account_id,
        region,
        dt,
        sum(count) as events
    from coverage
    where
        coalesce(category, '') not in ('insight', 'networkactivity')
        and dt < $window_end
        and dt >= strftime($window_start::date - interval 30 day, '%Y-%m-%d')
    group by account_id, region, dt
),

seen as (
    select * from heard
    where region <> ''
),

stretches as (
    select
        account_id,
        region,
        count(*) over (
            partition by account_id, region
            order by dt::date
            range between interval 13 day preceding and current row
        ) as days_seen
    from seen
),

histories as (
    select
        account_id,
        least(14, date_diff('day', min(dt)::date, $window_end::date)) as days
    from heard
    group by account_id
),

busy as (
    select
        stretches.account_id,
        stretches.region,
        max(stretches.days_seen) >= ceil(0.9 * any_value(histories.days)) as is_busy
    from stretches
    inner join histories on stretches.account_id = histories.account_id
    group by stretches.account_id, stretches.region
),

digests as (
    select
        account_id,
        region,
        dt,
        bool_or(is_whole) as is_whole,
        bool_and(is_whole and coalesce(logs = 0, false)) as is_silence_proven,
        sum(logs_inside) as logs
    from digest_days
    group by account_id, region, dt
),

losses as (
    select
        account_id,
        region,
        dt,
        reason
    from log_losses
    where region is not null
    union all
    select
        account_id,
        region,
        dt,
        reason
    from digest_days
    where is_broken
),

lost as (
    select
        account_id,
        region,
        dt,
        min(reason) as reason
    from losses
    group by account_id, region, dt
),

known as (
    select
        account_id,
        region
    from seen
    union
    select
        account_id,
        region
    from digests
    union
    select
        account_id,
        region
    from losses
)

select
    known.account_id,
    known.region,
    days.dt,
    coalesce(busy.is_busy, false) as is_busy,
    coalesce(seen.events, 0)::bigint as events,
    case
        when lost.dt is not null then 'gap'
        when seen.dt is not null or digests.is_silence_proven then 'covered'
        when digests.logs > 0 or busy.is_busy then 'gap'
        else 'quiet'
    end as status,
    case
        when lost.dt is not null then 'loss'
        when digests.is_whole and (seen.dt is not null or digests.is_silence_proven) then 'digest'
        when seen.dt is not null then 'events'
        else 'silence'
    end as source,
    case
        when lost.dt is not null then lost.reason
        when seen.dt is not null and digests.is_whole then 'the lake has events, and the digests are whole'
        when seen.dt is not null then 'the lake has events'
        when digests.is_silence_proven then 'whole digests say that nothing was delivered'
        when digests.logs > 0 then 'digests list ' || digests.logs || ' logs, and the lake has nothing of them'
        when busy.is_busy then 'nothing came from a region that has events on nearly every day'
        else 'nothing came from a region that has events on some days only'
    end as reason
from known
cross join days
left join busy on known.account_id = busy.account_id and known.region = busy.region
left join seen on known.account_id = seen.account_id and known.region = seen.region and days.dt = seen.dt
left join digests
    on known.account_id = digests.account_id and known.region = digests.region and days.dt = digests.dt
left join lost on known.account_id = lost.account_id and known.region = lost.region and days.dt = lost.dt
