-- name: log_gap
-- grain: one row per account whose logs do not cover the window
-- reads: grant_coverage, stg_principals
-- keys: account_id, subject
-- severity: high
-- practice: review and monitor
-- standards: CIS 3.1
-- remediation: find the missing log objects and ingest them; until then nothing of these days is called unused
-- why: what the lake cannot see it does not judge; this says how much that is
with

known_accounts as (
    select distinct account_id from stg_principals
)

select
    gaps.account_id,
    'arn:aws:iam::' || gaps.account_id || ':root' as subject,
    '' as detail,
    'no logs on ' || len(gaps.days_without_logs) || ' of ' || gaps.days || ' days of the window' as title,
    to_json({
        'days': gaps.days,
        'days_with_logs': gaps.days_with_logs,
        'days_without_logs': gaps.days_without_logs[1:31],
        'first_day_in_lake': gaps.first_day
    }) as evidence,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen
from grant_coverage as gaps
inner join known_accounts on gaps.account_id = known_accounts.account_id
where len(gaps.days_without_logs) > 0
