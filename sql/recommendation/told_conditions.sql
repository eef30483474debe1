-- name: told_conditions
-- grain: one row per (principal, action, resource, via, condition key) of which some call tells the value
-- reads: use_contexts
-- keys: principal, action, resource, via, condition_key
-- why: a condition is offered where every call tells its key: the values stand together with how many of how many calls
--   told one, so that what is not known is never taken for the value that the others had
select
    principal,
    action,
    resource,
    via,
    condition_key,
    list_sort(list(value) filter (where value is not null)) as told_values,
    sum(count) filter (where value is not null)::bigint as told,
    sum(count)::bigint as uses
from use_contexts
group by principal, action, resource, via, condition_key
having count(value) > 0
order by principal, action, resource, via, condition_key
