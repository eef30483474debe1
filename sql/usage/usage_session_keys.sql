-- name: usage_session_keys
-- grain: one row per (dt, access_key_id): a day on which the key may be used
-- reads: usage_issued_keys, usage_sessions, earlier_sessions
-- keys: dt, access_key_id
-- why: what a call's temporary key tells of who asked for it
with

keys as (
    select * from usage_issued_keys
),

sessions as (
    select
        dt,
        access_key_id,
        assumed_by,
        actor_kind,
        actor
    from usage_sessions
    union all
    select
        dt,
        access_key_id,
        assumed_by,
        actor_kind,
        actor
    from earlier_sessions
)

select
    keys.dt,
    keys.access_key_id,
    keys.issued_by,
    sessions.assumed_by,
    sessions.actor_kind,
    sessions.actor
from keys
inner join sessions on keys.issued_dt = sessions.dt and keys.access_key_id = sessions.access_key_id
