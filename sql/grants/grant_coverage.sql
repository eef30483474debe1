-- name: grant_coverage
-- grain: one row per account
-- reads: coverage, log_losses, region_days, global_regions, stg_principals
-- keys: account_id
-- why: an account without logs on a day cannot be said not to have used anything that day, nor one of whose busy
--   regions there are none. Calls of global services are recorded in one region only, so for them that region alone
--   must have logs; and it must have some, since no account lives without (domain.md §1.1)
with

days as (
    select strftime(day, '%Y-%m-%d') as dt
    from generate_series($window_start::date, $window_end::date - interval 1 day, interval 1 day) as series (day)
),

events as (
    select
        account_id,
        dt,
        sum(count) as events
    from coverage
    where coalesce(category, '') not in ('insight', 'networkactivity')
    group by account_id, dt
),

accounts as (
    select account_id from stg_principals
    union
    select account_id from events
    union
    select account_id from region_days
),

partitions as (
    select
        accounts.account_id,
        arg_max(global_regions.global_region, length(global_regions.region_prefix)) as global_region
    from accounts
    left join region_days on accounts.account_id = region_days.account_id
    left join global_regions on starts_with(coalesce(region_days.region, ''), global_regions.region_prefix)
    group by accounts.account_id
),

region_state as (
    select
        region_days.account_id,
        region_days.dt,
        bool_and(region_days.status = 'covered') as is_covered,
        coalesce(list_sort(list(region_days.region) filter (where region_days.status = 'gap')), []) as missing,
        min(region_days.reason) filter (where region_days.status = 'gap') as reason,
        any_value(region_days.status) filter (where region_days.region = partitions.global_region) as global_status,
        any_value(region_days.reason) filter (where region_days.region = partitions.global_region) as global_reason
    from region_days
    inner join partitions on region_days.account_id = partitions.account_id
    group by region_days.account_id, region_days.dt
),

losses as (
    select
        account_id,
        dt,
        min(reason) as reason
    from log_losses
    where region is null
    group by account_id, dt
),

per_day as (
    select
        partitions.account_id,
        partitions.global_region,
        days.dt,
        coalesce(events.events, 0) as events,
        coalesce(region_state.missing, []) as missing,
        events.events is null and not coalesce(region_state.is_covered, false) as is_silent,
        losses.dt is not null as is_lost,
        coalesce(losses.reason, region_state.reason) as reason,
        coalesce(region_state.global_status, 'unheard') as global_status,
        coalesce(losses.reason, region_state.global_reason) as global_reason
    from partitions
    cross join days
    left join events on partitions.account_id = events.account_id and days.dt = events.dt
    left join region_state on partitions.account_id = region_state.account_id and days.dt = region_state.dt
    left join losses on partitions.account_id = losses.account_id and days.dt = losses.dt
),

judged as (
    select
        per_day.*,
        per_day.is_silent or per_day.is_lost or len(per_day.missing) > 0 as is_gap,
        per_day.is_lost
        or per_day.global_status = 'gap'
        or (per_day.is_silent and per_day.global_status <> 'covered') as is_global_gap
    from per_day
),

counted as (
    select
        account_id,
        any_value(global_region) as global_region,
        count(*)::bigint as days,
        count(*) filter (where not is_gap)::bigint as days_with_logs,
        coalesce(list_sort(list(dt) filter (where is_gap)), []) as days_without_logs,
        coalesce(list_sort(list(dt) filter (where is_global_gap)), []) as global_days_without_logs,
        count(*) filter (where is_silent)::bigint as silent_days,
        coalesce(list_sort(list(dt) filter (where is_silent or is_lost)), []) as days_without_any,
        bool_or(global_status = 'covered') as is_global_heard,
        coalesce(list_sort(list_distinct(flatten(list(missing) filter (where not is_silent)))), []) as missing_regions,
        arg_min(reason, dt) filter (where is_gap and not is_silent) as first_reason,
        arg_min(global_reason, dt) filter (where is_global_gap) as first_global_reason,
        sum(events)::bigint as events
    from judged
    group by account_id
),

first_days as (
    select
        account_id,
        min(dt) as first_day
    from events
    group by account_id
),

per_region as (
    select
        account_id,
        region,
        bool_or(is_busy) as is_busy,
        count(*) filter (where status = 'covered') as days_with_logs,
        count(*) filter (where source = 'digest') as days_with_digests,
        coalesce(list_sort(list(dt) filter (where status = 'gap')), []) as days_without_logs,
        arg_min(reason, dt) filter (where status = 'gap') as reason
    from region_days
    group by account_id, region
),

regions as (
    select
        account_id,
        list({
            'region': region,
            'is_busy': is_busy,
            'days_with_logs': days_with_logs,
            'days_with_digests': days_with_digests,
            'days_without_logs': days_without_logs,
            'reason': reason
        } order by region) as regions
    from per_region
    group by account_id
)

select
    counted.account_id,
    first_days.first_day,
    counted.days,
    counted.days_with_logs,
    counted.days_without_logs,
    counted.silent_days,
    counted.days_without_any,
    case
        when len(counted.days_without_logs) = 0 then null
        when counted.silent_days > 0
            then
                'no logs of the account on ' || len(counted.days_without_logs) || ' of ' || counted.days
                || ' days, first on ' || counted.days_without_logs[1]
                || if(
                    len(counted.missing_regions) > 0,
                    '; on some of them only logs of ' || array_to_string(counted.missing_regions, ', ')
                    || ' are missing',
                    ''
                )
        else
            'not all logs of ' || coalesce(nullif(array_to_string(counted.missing_regions, ', '), ''), 'the account')
            || ' on ' || len(counted.days_without_logs) || ' of ' || counted.days
            || ' days, first on ' || counted.days_without_logs[1] || ': ' || counted.first_reason
    end as gap_reason,
    counted.global_region,
    counted.is_global_heard,
    counted.global_days_without_logs,
    case
        when not counted.is_global_heard
            then
                'the lake has no logs of ' || counted.global_region
                || ' in the window, and calls of global services are recorded nowhere else'
        when len(counted.global_days_without_logs) > 0 and counted.silent_days > 0
            then
                'no logs of the account on ' || len(counted.global_days_without_logs) || ' of ' || counted.days
                || ' days, first on ' || counted.global_days_without_logs[1]
        when len(counted.global_days_without_logs) > 0
            then
                'not all logs of ' || counted.global_region || ', where calls of global services are recorded, on '
                || len(counted.global_days_without_logs) || ' of ' || counted.days || ' days, first on '
                || counted.global_days_without_logs[1] || coalesce(': ' || counted.first_global_reason, '')
    end as global_gap_reason,
    coalesce(regions.regions, []) as regions,
    counted.events
from counted
left join first_days on counted.account_id = first_days.account_id
left join regions on counted.account_id = regions.account_id
