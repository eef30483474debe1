-- name: policy_writes
-- grain: one row per call that changed what an IAM policy or its attachment grants
-- reads: stg_calls
-- keys: event_id
-- why: when a recommendation was carried out by other means than `iamaudit apply`, Terraform for one, CloudTrail tells.
--   Identity Center's calls have a source of their own [K: IAM Identity Center user guide, CloudTrail use cases]; a
--   policy that it does not record is null
with

calls as (
    select * from stg_calls
    where
        error_code is null
        and event_source = if(event_name like '%PermissionSet', 'sso.amazonaws.com', 'iam.amazonaws.com')
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
    json_extract_string(request_parameters, '$.permissionSetArn') as permission_set_arn,
    coalesce(
        json_extract_string(request_parameters, '$.policyName'),
        coalesce(json_extract_string(request_parameters, '$.customerManagedPolicyReference.path'), '/')
        || json_extract_string(request_parameters, '$.customerManagedPolicyReference.name')
    ) as policy_name,
    coalesce(
        json_extract_string(request_parameters, '$.policyArn'),
        json_extract_string(request_parameters, '$.managedPolicyArn'),
        json_extract_string(request_parameters, '$.permissionsBoundary')
    ) as policy_arn,
    coalesce(
        json_extract_string(request_parameters, '$.policyDocument'),
        json_extract_string(request_parameters, '$.inlinePolicy')
    ) as policy_document
from calls
where
    event_name in (
        'AttachGroupPolicy', 'AttachRolePolicy', 'AttachUserPolicy', 'CreatePolicy', 'CreatePolicyVersion',
        'DeleteGroupPolicy', 'DeleteInlinePolicyFromPermissionSet', 'DeleteRolePolicy', 'DeleteUserPolicy',
        'DetachCustomerManagedPolicyReferenceFromPermissionSet', 'DetachGroupPolicy',
        'DetachManagedPolicyFromPermissionSet', 'DetachRolePolicy', 'DetachUserPolicy', 'PutGroupPolicy',
        'PutInlinePolicyToPermissionSet', 'PutRolePermissionsBoundary', 'PutRolePolicy',
        'PutUserPermissionsBoundary', 'PutUserPolicy'
    )
order by event_time, event_id
