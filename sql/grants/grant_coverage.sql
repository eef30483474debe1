-- name: grant_coverage
-- grain: one row per account
-- reads: coverage, stg_principals
-- keys: account_id
-- why: an account without logs on a day cannot be said not to have used anything that day
with

accounts as (
    select distinct account_id from stg_principals
    union
    select distinct account_id from coverage
),

days as (
    select strftime(day, '%Y-%m-%d') as dt
    from generate_series($window_start::date, $window_end::date - interval 1 day, interval 1 day) as series (day)
),

covered as (
    select
        account_id,
        dt,
        sum(count) as events
    from coverage
    where dt >= $window_start and dt < $window_end
    group by account_id, dt
),

per_day as (
    select
        accounts.account_id,
        days.dt,
        covered.events
    from accounts
    cross join days
    left join covered on accounts.account_id = covered.account_id and days.dt = covered.dt
),

first_days as (
    select
        account_id,
        min(dt) as first_day
    from coverage
    group by account_id
)

select
    per_day.account_id,
    any_value(first_days.first_day) as first_day,
    count(*)::bigint as days,
    count(per_day.events)::bigint as days_with_logs,
    coalesce(list_sort(list(per_day.dt) filter (where per_day.events is null)), []) as days_without_logs,
    coalesce(sum(per_day.events), 0)::bigint as events
from per_day
left join first_days on per_day.account_id = first_days.account_id
group by per_day.account_id
