-- name: log_gap
-- grain: one row per account whose logs do not cover the window, and per region that is missing by itself
-- reads: grant_coverage, stg_principals
-- keys: account_id, subject, detail
-- severity: high
-- practice: review and monitor
-- standards: CIS 3.1
-- remediation: find the missing log objects and ingest them; until then nothing of these days is called unused
-- why: what the lake cannot see it does not judge; this says how much that is, and where
with

ours as (
    select * from grant_coverage
    where account_id in (select stg_principals.account_id from stg_principals)
),

accounts as (
    select
        account_id,
        '' as region,
        days,
        days_without_any as missing,
        'no logs on ' || len(days_without_any) || ' of ' || days || ' days of the window' as title,
        null as reason,
        first_day
    from ours
    where len(days_without_any) > 0
),

spread as (
    select
        account_id,
        days,
        days_without_any,
        first_day,
        if(is_global_heard, '', global_region) as unheard_region,
        -- a column for each field
        unnest(regions, recursive := true)  -- noqa: AL03
    from ours
),

regions as (
    select
        account_id,
        region,
        days,
        list_filter(days_without_logs, lambda day: not list_contains(days_without_any, day)) as missing,
        reason,
        first_day
    from spread
    where region <> unheard_region
),

unheard as (
    select
        account_id,
        global_region as region,
        days,
        [] as missing,
        'no logs of ' || global_region || ' in the window: it records the calls of global services' as title,
        null as reason,
        first_day
    from ours
    where
        not is_global_heard
        and silent_days < days
),

gaps as (
    select * from accounts
    union all
    select
        account_id,
        region,
        days,
        missing,
        'not all logs of ' || region || ' on ' || len(missing) || ' of ' || days || ' days of the window' as title,
        reason,
        first_day
    from regions
    where len(missing) > 0
    union all
    select * from unheard
)

select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    region as detail,
    title,
    to_json({
        'days': days,
        'days_without_logs': missing[1:31],
        'count_of_days_without_logs': len(missing),
        'region': nullif(region, ''),
        'reason': reason,
        'first_day_in_lake': first_day
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from gaps
