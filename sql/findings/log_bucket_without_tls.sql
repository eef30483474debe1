-- name: log_bucket_without_tls
-- grain: one row per bucket of a trail that may be asked without TLS
-- reads: stg_config_items, stg_trails
-- keys: account_id, subject
-- severity: medium
-- practice: conditions
-- standards: CIS 2.1.1, FSBP S3.5
-- remediation: deny every principal `s3:*` on the bucket and its objects where `aws:SecureTransport` is `false`
-- why: logs that travel in clear can be read and changed on their way; said only of buckets that AWS Config tells of.
--   Names of a policy's elements and keys are read without regard to case (domain.md §8, row 17)
with

log_buckets as (
    select distinct bucket from stg_trails
    where bucket is not null
),

recorded as (
    select
        items.account_id,
        items.arn,
        items.resource_name,
        items.captured_at,
        coalesce(
            json_extract_string(items.supplementary, '$.BucketPolicy.policyText'),
            json_extract_string(json_extract_string(items.supplementary, '$.BucketPolicy'), '$.policyText')
        ) as policy,
        lower(coalesce(
            json_extract_string(items.supplementary, '$.BucketPolicy.policyText'),
            json_extract_string(json_extract_string(items.supplementary, '$.BucketPolicy'), '$.policyText')
        )) as words
    from stg_config_items as items
    inner join log_buckets on items.resource_name = log_buckets.bucket
    where items.resource_type = 'AWS::S3::Bucket' and json_valid(items.supplementary)
),

statements as (
    select
        arn,
        unnest(
            case
                when not json_valid(words) then []
                when json_type(words, '$.statement') = 'ARRAY' then json_extract(words, '$.statement[*]')
                else [json_extract(words, '$.statement')]
            end
        ) as statement
    from recorded
),

guarded as (
    select distinct arn
    from statements
    where
        json_extract_string(statement, '$.effect') = 'deny'
        and json_extract_string(statement, '$.condition.bool."aws:securetransport"')
        in ('false', '["false"]', '[false]')
)

select
    account_id,
    coalesce(arn, 'arn:aws:s3:::' || resource_name) as subject,
    '' as detail,
    'the log bucket ' || resource_name || ' may be asked without TLS' as title,
    to_json({'bucket': resource_name, 'has_policy': policy is not null}) as evidence,
    null::timestamptz as first_seen,
    captured_at as last_seen
from recorded
where coalesce(arn, '') not in (select guarded.arn from guarded)
