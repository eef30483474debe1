-- name: stg_config_accounts
-- grain: one row per account of which AWS Config recorded IAM users, groups, roles or policies up to $as_of
-- reads: config_items
-- keys: account_id
-- why: a deletion is news, too, so every item counts for how new the account's state is; only a snapshot (its items
--   carry its id) names every resource, and what was learnt from changes alone is a part of the account (domain.md §5)
with

recorded as (
    select
        account_id,
        captured_at,
        case
            when extra like '%"configSnapshotId":%' then 1
            when source_key like '%/ConfigSnapshot/%' then 1
            else 0
        end as is_of_snapshot
    from config_items
    where
        captured_at <= $as_of
        and account_id is not null
        and resource_type in ('AWS::IAM::User', 'AWS::IAM::Group', 'AWS::IAM::Role', 'AWS::IAM::Policy')
)

select
    account_id,
    max(captured_at) as newest_at,
    max(is_of_snapshot) = 1 as has_snapshot
from recorded
group by account_id
