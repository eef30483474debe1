-- name: fresh_grants
-- grain: one row per policy that a user or role was given, or that changed, in the last $grace_days days
-- reads: grant_holders, stg_principals, stg_policies, principals, policies, attachments, memberships, stg_events
-- keys: principal, policy_id, through
-- why: what was granted lately had no time to be used. The witnesses: the age of the principal, the last change of a
--   customer-managed policy, an older capture of the account, and the calls that attach and put policies. AWS's own
--   changes to its policies are no grant of anybody. settled_document is what the policy said before, where a capture
--   older than the grace period has it: what it said then is not fresh
with

holders as (
    select * from grant_holders
),

those as (
    select
        *,
        created_at > $as_of - to_days($grace_days) as is_new
    from stg_principals
),

today as (
    select
        *,
        kind = 'customer' and updated_at > $as_of - to_days($grace_days) as was_updated
    from stg_policies
),

captures as (
    select
        account_id,
        max(captured_at) as captured_at
    from principals
    where captured_at <= $as_of - to_days($grace_days)
    group by account_id
),

held_then as (
    select
        attachments.account_id,
        attachments.holder_arn,
        attachments.policy_id
    from attachments
    inner join captures
        on attachments.account_id = captures.account_id and attachments.captured_at = captures.captured_at
),

members_then as (
    select
        memberships.account_id,
        memberships.user_arn,
        memberships.group_arn
    from memberships
    inner join captures
        on memberships.account_id = captures.account_id and memberships.captured_at = captures.captured_at
),

said_then as (
    select
        policies.account_id,
        policies.policy_id,
        policies.document
    from policies
    inner join captures
        on policies.account_id = captures.account_id and policies.captured_at = captures.captured_at
),

calls as (
    select
        account_id,
        event_name,
        event_time,
        json_extract_string(request_parameters, '$.policyArn') as policy_arn,
        json_extract_string(request_parameters, '$.policyName') as policy_name,
        json_extract_string(request_parameters, '$.userName') as user_name,
        json_extract_string(request_parameters, '$.groupName') as group_name,
        coalesce(
            json_extract_string(request_parameters, '$.roleName'),
            json_extract_string(request_parameters, '$.userName'),
            json_extract_string(request_parameters, '$.groupName')
        ) as holder_name
    from stg_events
    where
        event_source = 'iam.amazonaws.com'
        and event_name in (
            'AttachRolePolicy', 'AttachUserPolicy', 'AttachGroupPolicy',
            'PutRolePolicy', 'PutUserPolicy', 'PutGroupPolicy', 'AddUserToGroup'
        )
        and error_code is null
        and event_time > $as_of - to_days($grace_days)
        and event_time <= $as_of
),

held as (
    select
        holders.account_id,
        holders.principal,
        holders.policy_id,
        holders.through,
        those.name as principal_name,
        those.created_at,
        those.is_new,
        today.kind,
        today.name as policy_name,
        today.document,
        today.updated_at,
        today.was_updated,
        captures.captured_at,
        said_then.document as document_then,
        held_then.policy_id is not null
        and (holders.through = holders.principal or members_then.user_arn is not null) as was_held
    from holders
    inner join those on holders.account_id = those.account_id and holders.principal = those.arn
    inner join today on holders.account_id = today.account_id and holders.policy_id = today.policy_id
    left join captures on holders.account_id = captures.account_id
    left join held_then
        on
            holders.account_id = held_then.account_id
            and holders.through = held_then.holder_arn
            and holders.policy_id = held_then.policy_id
    left join members_then
        on
            holders.account_id = members_then.account_id
            and holders.principal = members_then.user_arn
            and holders.through = members_then.group_arn
    left join said_then
        on holders.account_id = said_then.account_id and holders.policy_id = said_then.policy_id
),

given as (
    select
        held.account_id,
        held.principal,
        held.policy_id,
        held.through,
        max(calls.event_time) as given_at
    from held
    inner join calls
        on
            held.account_id = calls.account_id
            and (
                (
                    ends_with(
                        lower(calls.event_name), split_part(split_part(held.through, ':', 6), '/', 1) || 'policy'
                    )
                    and lower(split_part(held.through, '/', -1)) = lower(calls.holder_name)
                    and (
                        held.policy_id = calls.policy_arn
                        or (held.kind = 'inline' and held.policy_name = calls.policy_name)
                    )
                )
                or (
                    calls.event_name = 'AddUserToGroup'
                    and held.through != held.principal
                    and lower(held.principal_name) = lower(calls.user_name)
                    and lower(split_part(held.through, '/', -1)) = lower(calls.group_name)
                )
            )
    group by held.account_id, held.principal, held.policy_id, held.through
),

judged as (
    select
        held.*,
        given.given_at,
        case
            when held.is_new then 'the principal is new'
            when held.captured_at is not null and not held.was_held then 'it was not held at an earlier capture'
            when given.given_at is not null and not held.was_held then 'the logs show that it was given'
            when held.kind = 'aws' then null
            when held.was_held and coalesce(held.document_then, '') != coalesce(held.document, '')
                then 'its text has changed'
            when held.was_updated then 'its text has changed'
        end as reason
    from held
    left join given
        on
            held.account_id = given.account_id
            and held.principal = given.principal
            and held.policy_id = given.policy_id
            and held.through = given.through
)

select
    account_id,
    principal,
    policy_id,
    through,
    reason,
    case
        when reason = 'the principal is new' then created_at
        when reason = 'its text has changed' then coalesce(given_at, updated_at)
        else given_at
    end as fresh_since,
    case when was_held then document_then end as settled_document
from judged
where reason is not null
order by principal, policy_id, through
