-- name: policy_writes
-- grain: one row per call that changed what an IAM policy or its attachment grants
-- reads: stg_calls
-- keys: event_id
-- why: when a recommendation was carried out by other means than `iamaudit apply`, Terraform for one, CloudTrail tells
with

calls as (
    select * from stg_calls
    where event_source = 'iam.amazonaws.com' and error_code is null
)

select
    event_id,
    event_time,
    account_id,
    event_name,
    coalesce(
        json_extract_string(request_parameters, '$.roleName'),
        json_extract_string(request_parameters, '$.userName'),
        json_extract_string(request_parameters, '$.groupName')
    ) as holder_name,
    json_extract_string(request_parameters, '$.policyName') as policy_name,
    json_extract_string(request_parameters, '$.policyArn') as policy_arn,
    json_extract_string(request_parameters, '$.policyDocument') as policy_document
from calls
where
    event_name in (
        'AttachGroupPolicy', 'AttachRolePolicy', 'AttachUserPolicy', 'CreatePolicy', 'CreatePolicyVersion',
        'DeleteGroupPolicy', 'DeleteRolePolicy', 'DeleteUserPolicy', 'DetachGroupPolicy', 'DetachRolePolicy',
        'DetachUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'PutUserPolicy'
    )
order by event_time, event_id
