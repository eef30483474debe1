-- name: grant_verdicts
-- grain: one row per (principal, action) granted or used
-- reads: grant_actions, grant_uses, grant_holders, grant_coverage, grant_last_accessed, grant_logged, actions,
--   coverage_categories, policy_problems
-- keys: principal, action
-- why: the four answers. "Unused" is said only when the logs of the whole window would have shown a use; everything
--   else that was not seen is unknown, with the first reason that applies (domain.md §1.3, coverage rule). `doubt` is
--   that reason for used actions too: other resources than those seen may have been used where the logs do not reach.
--   What other calls may have needed besides is unknown where it is granted, and no word is lost where it is not.
--   Whoever copies S3 objects takes their tags along, which no record tells of (domain.md §2.3, CopyObject).
--   Who grants is not among the columns: an estate has millions of rows, and lists of them do not fit into memory
with

granted as (
    select * from grant_actions
),

used as (
    select * from grant_uses
),

unreadable as (
    select distinct holders.principal
    from grant_holders as holders
    inner join policy_problems as problems
        on holders.policy_id = problems.policy_id and holders.account_id = problems.account_id
),

joined as (
    select
        coalesce(granted.account_id, used.account_id) as account_id,
        coalesce(granted.principal, used.principal) as principal,
        coalesce(granted.action, used.action) as action,
        granted.action is not null as is_granted,
        coalesce(used.count, 0) > 0 as is_used,
        coalesce(used.maybe_count, 0) as maybe_count,
        coalesce(used.count, 0) as count,
        coalesce(used.denied_count, 0) as denied_count,
        used.first_seen,
        used.last_seen
    from granted
    full outer join used on granted.principal = used.principal and granted.action = used.action
),

observed as (
    select
        joined.*,
        coalesce(actions.observed, 'unknown') as observed,
        coalesce(actions.why, 'the catalogue does not know this action') as why,
        actions.category,
        actions.prefix,
        actions.recorded
    from joined
    left join actions on joined.action = actions.action
),

last_accessed as (
    select
        principal,
        action,
        'service last accessed says '
        || if(level = 'service', 'of the service ' || split_part(action, ':', 1) || ' ', '')
        || strftime(last_accessed_at, '%Y-%m-%d') || ', and the logs show no such call' as witness
    from grant_last_accessed
),

copying as (
    select principal
    from used
    where count > 0 and action in ('s3:GetObject', 's3:GetObjectVersion', 's3:PutObject')
    group by principal
    having bool_or(action = 's3:PutObject') and bool_or(action <> 's3:PutObject')
),

judged as (
    select
        observed.*,
        case
            when last_accessed.witness is not null then last_accessed.witness
            when observed.observed not in ('management', 'data') and not observed.is_used then observed.why
            when coalesce(grant_coverage.silent_days = grant_coverage.days, true)
                then 'the lake has no logs of account ' || observed.account_id || ' in the window'
            when grant_coverage.first_day > $window_start
                then
                    'the window begins on ' || $window_start
                    || ', the logs of the account on ' || grant_coverage.first_day
            when
                observed.recorded in ('global', 'both')
                and (
                    not grant_coverage.is_global_heard
                    or len(grant_coverage.global_days_without_logs) > $tolerated_gap_days
                )
                then grant_coverage.global_gap_reason
            when
                coalesce(observed.recorded, 'regional') <> 'global'
                and len(grant_coverage.days_without_logs) > $tolerated_gap_days
                then grant_coverage.gap_reason
            when observed.category is null then null
            when categories.status is null then 'nothing says that ' || observed.category || ' events are logged'
            when
                categories.status not in ('logged', 'inferred')
                and not coalesce(grant_logged.is_logged, false)
                then categories.reason
            when list_contains(categories.excluded_sources, observed.prefix)
                then 'the trail leaves out events of ' || observed.prefix
            when
                not observed.is_used
                and observed.action in ('s3:GetObjectTagging', 's3:GetObjectVersionTagging', 's3:PutObjectTagging')
                and observed.principal in (select copying.principal from copying)
                then 'it reads and writes objects: a copy of one with tags needs it, and no record tells of tags'
        end as doubt
    from observed
    left join grant_coverage on observed.account_id = grant_coverage.account_id
    left join last_accessed on observed.principal = last_accessed.principal and observed.action = last_accessed.action
    left join grant_logged on observed.principal = grant_logged.principal and observed.action = grant_logged.action
    left join coverage_categories as categories
        on observed.account_id = categories.account_id and observed.category = categories.category
)

select
    account_id,
    principal,
    action,
    case
        when is_used and is_granted then 'used'
        when is_used and principal in (select unreadable.principal from unreadable) then 'unknown'
        when is_used then 'used_not_granted'
        when doubt is not null or maybe_count > 0 then 'unknown'
        else 'unused'
    end as state,
    case
        when is_used and is_granted then 'seen in the window'
        when is_used and principal in (select unreadable.principal from unreadable)
            then 'seen in the window, but a policy of the principal could not be read: it may grant the action'
        when is_used then 'seen in the window, but no identity policy of today grants it'
        when doubt is not null then doubt
        when maybe_count > 0
            then maybe_count || ' calls may have needed it, and nothing says for sure whether they did'
        else 'not seen in the window, and the logs would have shown it'
    end as reason,
    is_granted,
    count,
    denied_count,
    first_seen,
    last_seen,
    doubt
from judged
where is_granted or is_used
order by account_id, principal, action
