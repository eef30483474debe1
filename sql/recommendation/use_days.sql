-- name: use_days
-- grain: one row per (principal, action, resource) used seldom, and one per (principal, action) with resource null
-- reads: principal_uses
-- keys: principal, action, resource
-- why: a monthly or quarterly use is recognised by its days over all the history that the lake has, not the window's
--   alone. What is used on more than two days of six is not rare and is left out; rows whose names change each time
--   (a date, an id) show their rhythm by the action alone
with

uses as (
    select * from principal_uses
),

days as (
    select
        account_id,
        principal,
        action,
        if(grouping(resource) = 1, null, resource) as resource,
        list_sort(list_distinct(list(dt::date))) as days
    from uses
    group by grouping sets ((account_id, principal, action, resource), (account_id, principal, action))
)

select
    account_id,
    principal,
    action,
    resource,
    days,
    days[1] as first_day,
    days[-1] as last_day
from days
where
    len(days) >= 2
    and len(days) <= 2 * (date_diff('day', days[1], days[-1]) / 6 + 1)
order by principal, action, resource
