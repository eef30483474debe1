-- name: stg_service_last_accessed
-- grain: one row per (principal, service), as of the latest report that has it
-- reads: service_last_accessed, stg_principals
-- keys: principal_arn, service
-- why: a report is made for one principal at a time and not in every capture; what an older one saw was still done. A
--   report from before the principal was made is of another one with its name
with

latest as (
    select
        principal_arn,
        service,
        max(captured_at) as captured_at
    from service_last_accessed
    group by principal_arn, service
)

select reports.*
from service_last_accessed as reports
inner join latest
    on
        reports.principal_arn = latest.principal_arn
        and reports.service = latest.service
        and reports.captured_at = latest.captured_at
inner join stg_principals as principals
    on
        reports.principal_arn = principals.arn
        and coalesce(reports.captured_at >= principals.created_at, true)
