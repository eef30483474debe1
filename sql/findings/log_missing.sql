-- name: log_missing
-- grain: one row per account, region and trail with logs or digests that the chain names and nobody finds
-- reads: stg_log_integrity
-- keys: account_id, subject, detail
-- severity: high
-- practice: review and monitor
-- standards: CIS 3.2, FSBP CloudTrail.4
-- remediation: look in the bucket's access log and its lifecycle rules for who deleted them,
--   and restore them from a version or a copy
-- why: a signed digest names them, so they were there; what they held may have been the use
select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    region || ' ' || trail as detail,
    count(*)
    || case count(*)
        when 1 then ' log object or digest that the digest chain names is not there'
        else ' log objects or digests that the digest chain names are not there'
    end as title,
    to_json({
        'objects': list({'object': object, 'reason': reason} order by object)[1:31],
        'count': count(*)
    }) as evidence,
    min(window_start) as first_seen,
    max(window_end) as last_seen
from stg_log_integrity
where verdict = 'missing'
group by account_id, region, trail
