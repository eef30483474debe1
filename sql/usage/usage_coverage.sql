-- name: usage_coverage
-- grain: one row per (dt, account, region, category) that the lake has events of
-- reads: usage_day_shapes
-- keys: dt, account_id, region, category
-- why: which days and regions the lake can speak for; a day without a row is a gap, not a day without use. Lines of
--   an access log are no word of a trail: they say nothing of what else was done that day
with

seen as (
    select * from usage_day_shapes
    where
        account_id is not null
        and event_category is distinct from 'AccessLog'
)

select
    dt,
    account_id,
    coalesce(aws_region, '') as region,
    case
        when event_category in ('Data', 'Insight', 'NetworkActivity') then lower(event_category)
        when read_only then 'management:read'
        else 'management:write'
    end as category,
    sum(count)::bigint as count
from seen
group by dt, account_id, region, category
order by dt, account_id, region, category
