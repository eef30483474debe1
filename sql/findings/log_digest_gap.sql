-- name: log_digest_gap
-- grain: one row per account, region and trail whose digest chain has holes
-- reads: stg_log_integrity
-- keys: account_id, subject, detail
-- severity: medium
-- practice: review and monitor
-- standards: CIS 3.2, FSBP CloudTrail.4
-- remediation: find out who stopped the trail or its log file validation, and when; of these hours
--   nobody can show that the logs are whole
-- why: without a digest a deleted log leaves no trace
select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    region || ' ' || trail as detail,
    count(*) || case count(*) when 1 then ' hole in the digest chain' else ' holes in the digest chain' end as title,
    to_json({
        'objects': list({'object': object, 'reason': reason} order by object)[1:31],
        'count': count(*)
    }) as evidence,
    min(window_start) as first_seen,
    max(window_end) as last_seen
from stg_log_integrity
where verdict = 'gap'
group by account_id, region, trail
