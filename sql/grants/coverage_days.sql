-- name: coverage_days
-- grain: one row per (account, region, day, category) of the window that the lake has anything to say of
-- reads: region_days, coverage_categories, coverage
-- keys: account_id, region, dt, category
-- why: the whole picture, for people and certificates: what was delivered, times what the trails are set to log. What
--   judges grants reads the two tables by themselves, so this one is worked out only when somebody asks for it
with

named as (
    select * from coverage_categories
    where (status <> 'none' or category like 'management:%') and category not like 'all:%'
),

others as (
    select
        account_id,
        region,
        dt,
        if(category = 'insight', 'insight', 'network') as category
    from coverage
    where
        category in ('insight', 'networkactivity')
        and dt >= $window_start
        and dt < $window_end
)

select
    region_days.account_id,
    region_days.region,
    region_days.dt,
    named.category,
    case
        when named.status = 'none' then 'not_logged'
        when len(named.regions) > 0 and not list_contains(named.regions, region_days.region) then 'not_logged'
        when region_days.status <> 'covered' then region_days.status
        when named.status = 'logged' then 'covered'
        when len(named.regions) > 0 then 'covered'
        else named.status
    end as status,
    region_days.source,
    case
        when named.status = 'none' then named.reason
        when len(named.regions) > 0 and not list_contains(named.regions, region_days.region) then named.reason
        when region_days.status <> 'covered' then region_days.reason
        when named.status = 'logged' then region_days.reason
        else named.reason
    end as reason,
    named.known_since
from region_days
inner join named on region_days.account_id = named.account_id

union all

select
    account_id,
    region,
    dt,
    category,
    'partial' as status,
    'events' as source,
    'the lake holds such events; which of them are logged is not known' as reason,
    null as known_since
from others
