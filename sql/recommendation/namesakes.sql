-- name: namesakes
-- grain: one row per (user or role of today, unique id of somebody else who did something under its name) in the window
-- reads: usage, stg_principals, stg_principal_names
-- keys: principal, other_id
-- why: who was deleted and made anew under its old ARN is another principal with another unique id (domain.md
--   §1.2), and what the one before did is no use of today's, see stg_principal_usage. This is what is left out there,
--   so that a proposal says so. An id that is unknown on one side agrees with any; one that another principal of today
--   has, since it was renamed, counts there. calls adds up as the certificate's do: success, and authorised then
--   failed. Who acted last before today's principal was made is an earlier one; null where nobody tells when that was
with

principals as (
    select * from stg_principals
    where kind in ('user', 'role') and not coalesce(is_service_linked, false) and principal_id is not null
),

names as (
    select * from stg_principal_names
),

uses as (
    select
        lower(principal) as seen_as,
        split_part(principal_id, ':', 1) as other_id,
        count,
        first_seen,
        last_seen
    from usage
    where dt >= $window_start and outcome in ('success', 'failed') and principal_id is not null
)

select
    principals.account_id,
    principals.arn as principal,
    uses.other_id,
    sum(uses.count)::bigint as calls,
    min(uses.first_seen) as first_seen,
    max(uses.last_seen) as last_seen,
    max(uses.last_seen) < any_value(principals.created_at) as is_earlier
from uses
inner join names on uses.seen_as = names.seen_as
inner join principals on names.arn = principals.arn
left join names as by_id on lower(uses.other_id) = by_id.seen_as
where by_id.arn is null and uses.other_id != principals.principal_id
group by principals.account_id, principals.arn, uses.other_id
order by principals.arn, uses.other_id
