-- name: stg_principal_names
-- grain: one row per (user or role, ARN or id that logs call it by, in lower case)
-- reads: stg_principals
-- keys: arn, seen_as
-- why: a session's ARN drops the role's path, and where the log has no issuer, as S3's access log, the path is unknown;
--   a name is unique in its account whatever the path and the case, so an ARN without a path finds its principal, and
--   where there is no ARN at all the unique id does (domain.md §1.2)
with

principals as (
    select * from stg_principals
    where kind in ('user', 'role')
)

select
    arn,
    lower(arn) as seen_as
from principals
union
select
    arn,
    lower(regexp_replace(arn, ':(user|role)/.+/', ':\1/')) as seen_as
from principals
union
select
    arn,
    lower(principal_id) as seen_as
from principals
where principal_id is not null
