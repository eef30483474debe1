-- name: usage_sessions
-- grain: one row per (dt, access_key_id) that sts gave out
-- reads: usage_session_callers, mapped_callers, earlier_sessions
-- keys: dt, access_key_id
-- why: who is at the root of a chain of roles: a caller that is itself in a session has that session's root. The chain
--   goes back as far as the logs of each day and of the day before tell; a service or an identity provider that asked
--   for the first role is no principal with policies of ours, so the role it got is the root. A name that the caller
--   chose says no more than the name of the next session does, and is not handed on
with recursive

links as (
    select
        sessions.dt,
        sessions.access_key_id,
        sessions.issued_at,
        sessions.role,
        sessions.issued_by,
        sessions.caller_key_id,
        sessions.caller_issued_dt,
        callers.principal as caller,
        coalesce(callers.actor_kind in ('person', 'identity_center'), false) as is_person,
        case when callers.actor_kind not in ('session', 'service', 'external') then callers.actor_kind end as own_kind,
        case when callers.actor_kind not in ('session', 'service', 'external') then callers.actor end as own_name
    from usage_session_callers as sessions
    left join mapped_callers as callers on sessions.caller = callers.caller
),

starts as (
    select
        links.*,
        earlier.assumed_by as root,
        earlier.actor_kind as root_kind,
        earlier.actor as root_name
    from links
    left join earlier_sessions as earlier
        on links.caller_issued_dt = earlier.dt and links.caller_key_id = earlier.access_key_id
    left join links as parents
        on links.caller_issued_dt = parents.dt and links.caller_key_id = parents.access_key_id
    where parents.dt is null
),

chains as (
    select
        dt,
        access_key_id,
        coalesce(root, caller) as assumed_by,
        case when is_person then own_kind else coalesce(root_kind, own_kind) end as actor_kind,
        case when is_person or root_kind is null then own_name else root_name end as actor
    from starts
    union all
    select
        links.dt,
        links.access_key_id,
        coalesce(chains.assumed_by, links.caller) as assumed_by,
        case
            when links.is_person then links.own_kind
            else coalesce(chains.actor_kind, links.own_kind)
        end as actor_kind,
        case when links.is_person or chains.actor_kind is null then links.own_name else chains.actor end as actor
    from links
    inner join chains on links.caller_issued_dt = chains.dt and links.caller_key_id = chains.access_key_id
)

select
    links.dt,
    links.access_key_id,
    links.issued_at,
    links.role,
    links.issued_by,
    links.caller,
    chains.assumed_by,
    chains.actor_kind,
    chains.actor
from links
left join chains on links.dt = chains.dt and links.access_key_id = chains.access_key_id
order by links.dt, links.access_key_id
