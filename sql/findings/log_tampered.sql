-- name: log_tampered
-- grain: one row per account, region and trail with logs or digests that are not what CloudTrail wrote
-- reads: stg_log_integrity
-- keys: account_id, subject, detail
-- severity: critical
-- practice: review and monitor
-- standards: CIS 3.2, FSBP CloudTrail.4
-- remediation: keep the objects as they are, look in the bucket's access log for who wrote them,
--   and fetch the originals from a version or a copy
-- why: what somebody changed may hide a use, so nothing built on it may be trusted
select
    account_id,
    'arn:aws:iam::' || account_id || ':root' as subject,
    region || ' ' || trail as detail,
    count(*)
    || case count(*)
        when 1 then ' log object or digest is not what CloudTrail wrote'
        else ' log objects or digests are not what CloudTrail wrote'
    end as title,
    to_json({
        'objects': list({'object': object, 'reason': reason} order by object)[1:31],
        'count': count(*)
    }) as evidence,
    min(window_start) as first_seen,
    max(window_end) as last_seen
from stg_log_integrity
where verdict = 'invalid'
group by account_id, region, trail
