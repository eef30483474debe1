-- name: stg_profile_roles
-- grain: one row per way in which a call may name an instance profile
-- reads: stg_instance_profiles
-- keys: seen_as
-- why: who hands a profile to EC2 hands over its role (domain.md §2.5). A call names the profile by its ARN or by its
--   bare name, which the mapping writes as an ARN without path; names are unique in an account
with

profiles as (
    select
        account_id,
        arn,
        name,
        role_arns[1] as role_arn
    from stg_instance_profiles
    where len(role_arns) = 1
),

names as (
    select
        arn as seen_as,
        role_arn
    from profiles
    union
    select
        'arn:' || split_part(arn, ':', 2) || ':iam::' || account_id || ':instance-profile/' || name as seen_as,
        role_arn
    from profiles
)

select * from names
