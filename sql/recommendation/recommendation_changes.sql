-- name: recommendation_changes
-- grain: one row per (principal, change, action) since an instant; the action is null of what concerns the whole policy
-- reads: recommendations, recommended_actions, grant_actions, stg_principals, stg_policies, stg_attachments,
--   stg_permission_set_roles, statements, expansions
-- keys: principal, change, action
-- why: what changed since last week, with the reason: the recommendation that held then beside the one that holds now.
--   A principal is also a group, a policy that several hold, or a permission set; the parts of a role (`#split`) are
--   proposals that nobody can apply as they are, and are left out
with

earlier as (
    select * from recommendations
    where captured_at <= $changed_since and principal not like '%#split'
    qualify row_number() over (partition by principal order by captured_at desc, revision desc, key asc) = 1
),

latest as (
    select * from recommendations
    where captured_at <= $as_of and principal not like '%#split'
    qualify row_number() over (partition by principal order by captured_at desc, revision desc, key asc) = 1
),

pairs as (
    select
        latest.account_id,
        latest.principal,
        latest.captured_at,
        latest.revision,
        earlier.captured_at as captured_before,
        earlier.revision as revision_before,
        latest.status,
        latest.reason,
        coalesce(earlier.status, 'none') as status_before,
        coalesce(latest.options, '') <> coalesce(earlier.options, '') as has_other_options
    from latest
    left join earlier on latest.principal = earlier.principal
    where earlier.principal is null or latest.captured_at > earlier.captured_at or latest.revision > earlier.revision
),

whole as (
    select
        account_id,
        principal,
        if(status = 'proven', 'recommended', 'withdrawn') as change,
        null::varchar as action,
        case
            when status = 'gone' then coalesce(nullif(reason, ''), 'the principal holds no policy any more')
            when status = 'refused' then reason
            when status_before = 'none' then 'it is the first'
            when status_before = 'gone' then 'it is back'
            else 'there was none before'
        end as reason,
        null::timestamptz as last_used_at
    from pairs
    where (status = 'proven') <> (status_before = 'proven')
),

lasting as (
    select * from pairs
    where status = 'proven' and status_before = 'proven'
),

kept_now as (
    select
        lasting.account_id,
        lasting.principal,
        lasting.has_other_options,
        actions.action,
        actions.reason,
        actions.last_used_at
    from lasting
    inner join recommended_actions as actions
        on
            lasting.principal = actions.principal
            and lasting.captured_at = actions.captured_at
            and lasting.revision = actions.revision
),

kept_before as (
    select
        lasting.account_id,
        lasting.principal,
        lasting.has_other_options,
        actions.action,
        actions.origin,
        actions.last_used_at
    from lasting
    inner join recommended_actions as actions
        on
            lasting.principal = actions.principal
            and lasting.captured_before = actions.captured_at
            and lasting.revision_before = actions.revision
),

of_shared as (
    select
        stg_attachments.account_id,
        stg_attachments.holder_arn as principal,
        stg_attachments.policy_id
    from stg_attachments
    inner join stg_principals on stg_attachments.holder_arn = stg_principals.arn and stg_principals.kind = 'group'
    union
    select
        account_id,
        policy_id as principal,
        policy_id
    from stg_policies
    where kind = 'customer'
    union
    select
        stg_attachments.account_id,
        roles.permission_set_arn as principal,
        stg_attachments.policy_id
    from stg_permission_set_roles as roles
    inner join stg_attachments
        on roles.role_arn = stg_attachments.holder_arn and roles.account_id = stg_attachments.account_id
),

granted_now as (
    select
        principal,
        action
    from grant_actions
    union
    select
        lasting.principal,
        expansions.action
    from lasting
    inner join of_shared on lasting.principal = of_shared.principal
    inner join statements
        on
            of_shared.policy_id = statements.policy_id
            and of_shared.account_id = statements.account_id
            and statements.effect = 'Allow'
    inner join expansions on statements.pattern = expansions.pattern
),

added as (
    select
        kept_now.account_id,
        kept_now.principal,
        'added' as change,
        kept_now.action,
        kept_now.reason || if(kept_now.has_other_options, '; made with other options', '') as reason,
        kept_now.last_used_at
    from kept_now
    left join kept_before on kept_now.principal = kept_before.principal and kept_now.action = kept_before.action
    where kept_before.action is null
),

dropped as (
    select
        kept_before.account_id,
        kept_before.principal,
        'dropped' as change,
        kept_before.action,
        case
            when granted.action is null then 'it is no longer granted'
            when kept_before.last_used_at is not null
                then 'not used since ' || strftime(kept_before.last_used_at, '%Y-%m-%d')
            when kept_before.origin = 'unknown' then 'the logs can tell now, and it was not used'
            else 'it is no longer kept as ' || kept_before.origin
        end || if(kept_before.has_other_options, '; made with other options', '') as reason,
        kept_before.last_used_at
    from kept_before
    left join kept_now on kept_before.principal = kept_now.principal and kept_before.action = kept_now.action
    left join granted_now as granted
        on kept_before.principal = granted.principal and kept_before.action = granted.action
    where kept_now.action is null
),

together as (
    select * from whole
    union all
    select * from added
    union all
    select * from dropped
)

select *
from together
order by account_id, principal, change, action
