-- name: unused_permission
-- grain: one row per principal that is granted actions it did not use
-- reads: grant_verdicts
-- keys: account_id, subject
-- severity: medium
-- practice: least privilege
-- standards: Access Analyzer unused permission
-- remediation: `iamaudit recommend` writes the smaller policy and its proof
-- why: only actions in state `unused`: the logs of the whole window would have shown a use
with

states as (
    select * from grant_verdicts
),

per_service as (
    select
        account_id,
        principal,
        split_part(action, ':', 1) as service,
        bool_and(state = 'unused') as is_unused
    from states
    group by account_id, principal, split_part(action, ':', 1)
),

services as (
    select
        account_id,
        principal,
        list_sort(list(service)) as never_used
    from per_service
    where is_unused
    group by account_id, principal
),

per_principal as (
    select
        account_id,
        principal,
        count(*) filter (where state = 'unused') as unused,
        count(*) filter (where state = 'used') as used,
        count(*) filter (where state = 'unknown') as unknown,
        min(action, 20) filter (where state = 'unused') as examples,
        max(last_seen) as last_seen
    from states
    group by account_id, principal
)

select
    counts.account_id,
    counts.principal as subject,
    '' as detail,
    counts.unused || ' of ' || (counts.unused + counts.used + counts.unknown)
    || if(counts.unused = 1, ' granted actions was not used', ' granted actions were not used') as title,
    to_json({
        'used': counts.used,
        'unused': counts.unused,
        'unknown': counts.unknown,
        'services_never_used': coalesce(services.never_used, []),
        'examples': list_sort(counts.examples),
        'window_start': $window_start,
        'window_end': $window_end
    }) as evidence,
    null::timestamptz as first_seen,
    counts.last_seen
from per_principal as counts
left join services
    on counts.account_id = services.account_id and counts.principal = services.principal
where counts.unused > 0
