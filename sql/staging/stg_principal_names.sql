-- name: stg_principal_names
-- grain: one row per (user or role, ARN that logs call it by)
-- reads: stg_principals
-- keys: arn, seen_as
-- why: a session's ARN drops the role's path, and where the log has no issuer, as S3's access log, the path is unknown;
--   a name is unique in its account whatever the path, so an ARN without one finds its principal (domain.md §1.2)
with

principals as (
    select * from stg_principals
    where kind in ('user', 'role')
)

select
    arn,
    arn as seen_as
from principals
union
select
    arn,
    regexp_replace(arn, ':(user|role)/.+/', ':\1/') as seen_as
from principals
