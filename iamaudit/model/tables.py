"""The columns of every table in the lake, as data: (name, type) pairs.

Types are `string`, `bool`, `int`, `double`, `time` (UTC, microseconds), `strings` (a list) and `resources` (a list of
structs). `lake/schema.py` turns them into Arrow schemas; SQL cases get their empty tables from them.
"""

from __future__ import annotations

from typing import Final

Columns = tuple[tuple[str, str], ...]

EVENTS: Final[Columns] = (
    ("event_id", "string"),
    ("event_time", "time"),
    ("event_version", "string"),
    ("event_source", "string"),
    ("event_name", "string"),
    ("event_type", "string"),
    ("event_category", "string"),
    ("aws_region", "string"),
    ("account_id", "string"),  # the recipient: the account whose trail delivered the record
    ("read_only", "bool"),
    ("error_code", "string"),
    ("error_message", "string"),
    ("source_ip", "string"),
    ("user_agent", "string"),
    ("request_id", "string"),
    ("shared_event_id", "string"),
    ("vpc_endpoint_id", "string"),
    ("identity_type", "string"),
    ("identity_arn", "string"),
    ("principal_id", "string"),
    ("identity_account_id", "string"),
    ("access_key_id", "string"),
    ("user_name", "string"),
    ("issuer_arn", "string"),
    ("issuer_type", "string"),
    ("issuer_id", "string"),
    ("session_name", "string"),
    ("source_identity", "string"),
    ("mfa_authenticated", "bool"),
    ("session_created_at", "time"),
    ("invoked_by", "string"),
    ("on_behalf_of", "string"),
    ("in_scope_of", "string"),
    ("resources", "resources"),
    ("user_identity", "string"),
    ("request_parameters", "string"),
    ("response_elements", "string"),
    ("additional_event_data", "string"),
    ("service_event_details", "string"),
    ("tls_details", "string"),
    ("extra", "string"),  # every other top-level field, as one JSON object
    ("source_key", "string"),
    ("batch_id", "string"),
)

USAGE: Final[Columns] = (
    ("dt", "string"),
    ("account_id", "string"),  # the principal's account
    ("principal", "string"),
    ("principal_id", "string"),
    ("principal_kind", "string"),
    ("action", "string"),
    ("resource", "string"),
    ("outcome", "string"),
    ("evidence", "string"),
    ("confidence", "string"),  # high | low: of action and resource | either: one of several actions, not known which
    ("via", "string"),  # the AWS service that called with the principal's identity, or null
    ("conditions", "string"),  # JSON object of condition keys that the use implies, or null
    ("region", "string"),
    ("vpc_endpoint_id", "string"),  # null: by no endpoint, or the log does not tell
    ("mfa", "bool"),  # of the session; null where the log does not tell, as of a long-lived key
    ("actor_kind", "string"),  # the person or workload behind the call: see `ActorKind`
    ("actor", "string"),  # its name, with `*` for what changes from run to run
    ("assumed_by", "string"),  # ARN, or id where no ARN is told, of the first principal of a chain of roles, or null
    ("count", "int"),
    ("first_seen", "time"),
    ("last_seen", "time"),
    ("event_ids", "strings"),  # at most five
)

CREDENTIAL_USE: Final[Columns] = (
    ("dt", "string"),
    ("account_id", "string"),
    ("user_arn", "string"),
    ("kind", "string"),  # password | access_key | root_call
    ("access_key_id", "string"),
    ("with_mfa", "bool"),
    ("count", "int"),
    ("first_seen", "time"),
    ("last_seen", "time"),
    ("event_ids", "strings"),
)

SESSIONS: Final[Columns] = (
    ("dt", "string"),
    ("access_key_id", "string"),  # the temporary key in the answer of sts: an identifier, no secret
    ("issued_at", "time"),
    ("role", "string"),
    ("issued_by", "string"),  # the service that asked for the session in its own name, or null
    ("caller", "string"),  # ARN, or id, of the principal that asked for it, or null
    ("assumed_by", "string"),  # the first principal of the chain that the logs tell of, or null
    ("actor_kind", "string"),  # the person or workload at its root, where more is known than the name of a session
    ("actor", "string"),
)

COVERAGE: Final[Columns] = (
    ("dt", "string"),
    ("account_id", "string"),
    ("region", "string"),
    ("category", "string"),  # management:read | management:write | data | insight | networkactivity
    ("count", "int"),
)

CONFIG_ITEMS: Final[Columns] = (
    ("account_id", "string"),
    ("region", "string"),  # `global` for IAM
    ("resource_type", "string"),
    ("resource_id", "string"),  # of IAM resources the unique id: AIDA…, AROA…, AGPA…, ANPA…
    ("resource_name", "string"),
    ("arn", "string"),  # may be absent of a deleted resource
    ("status", "string"),  # OK | ResourceDiscovered | ResourceNotRecorded | ResourceDeleted | …
    ("captured_at", "time"),
    ("state_id", "string"),  # compared as an integer
    ("created_at", "time"),
    ("configuration", "string"),  # JSON text, as an object whichever way it came
    ("supplementary", "string"),  # JSON object; its values are opened, too
    ("tags", "string"),  # JSON object
    ("relationships", "string"),  # JSON list
    ("extra", "string"),  # every other field, as one JSON object
    ("source_key", "string"),
    ("batch_id", "string"),
)

# what one answer of IAM tells together: a capture with principals and no rows of one of these says that there are none
WITH_PRINCIPALS: Final = frozenset({"principals", "policies", "attachments", "memberships", "instance_profiles"})

STATE: Final[dict[str, Columns]] = {
    "principals": (
        ("account_id", "string"),
        ("arn", "string"),
        ("kind", "string"),  # user | role | group
        ("name", "string"),
        ("path", "string"),
        ("principal_id", "string"),
        ("created_at", "time"),
        ("boundary_arn", "string"),
        ("trust_policy", "string"),  # JSON text; roles only
        ("last_used_at", "time"),  # RoleLastUsed, when AWS told it
        ("last_used_known", "bool"),  # true when RoleLastUsed was in the answer, even if empty
        ("tags", "string"),  # JSON object
        ("is_service_linked", "bool"),
        ("permission_set", "string"),  # of an AWSReservedSSO_ role
    ),
    "policies": (
        ("account_id", "string"),
        ("policy_id", "string"),  # the ARN, or `<holder arn>#<name>` of an inline policy
        ("name", "string"),
        ("kind", "string"),  # inline | customer | aws
        ("version_id", "string"),
        ("document", "string"),  # JSON text of the default version, or null when it could not be read
        ("created_at", "time"),
        ("updated_at", "time"),
    ),
    "attachments": (
        ("account_id", "string"),
        ("holder_arn", "string"),  # user, role or group
        ("policy_id", "string"),
    ),
    "memberships": (
        ("account_id", "string"),
        ("user_arn", "string"),
        ("group_arn", "string"),
    ),
    "credentials": (
        ("account_id", "string"),
        ("user_arn", "string"),
        ("user_name", "string"),  # `<root_account>` for root
        ("user_created_at", "time"),
        ("kind", "string"),  # password | access_key_1 | access_key_2 | cert_1 | cert_2
        ("exists", "bool"),
        ("is_active", "bool"),
        ("last_rotated_at", "time"),
        ("last_used_at", "time"),
        ("last_used_known", "bool"),  # false for `no_information`
        ("mfa_active", "bool"),
        ("access_key_id", "string"),  # when ListAccessKeys told it; the report does not
    ),
    "settings": (
        ("account_id", "string"),
        ("name", "string"),  # password_policy | account_summary | virtual_mfa_devices
        ("value", "string"),  # JSON text; `null` for "there is none"
    ),
    "accounts": (
        ("account_id", "string"),
        ("name", "string"),
        ("status", "string"),
        ("organization_id", "string"),
        ("is_management", "bool"),
        ("path", "strings"),  # ids from the root down to the parent of the account
    ),
    "organization_policies": (
        ("organization_id", "string"),
        ("policy_id", "string"),
        ("name", "string"),
        ("kind", "string"),  # scp | rcp
        ("document", "string"),
        ("target_id", "string"),
    ),
    "trails": (
        ("account_id", "string"),
        ("trail_arn", "string"),
        ("name", "string"),
        ("home_region", "string"),
        ("is_multi_region", "bool"),
        ("is_organization", "bool"),
        ("is_logging", "bool"),
        ("started_at", "time"),
        ("validates_files", "bool"),
        ("kms_key_id", "string"),
        ("bucket", "string"),
        ("event_selectors", "string"),  # JSON list, or null when not collected
        ("advanced_event_selectors", "string"),  # JSON list, or null
    ),
    "service_last_accessed": (
        ("account_id", "string"),
        ("principal_arn", "string"),
        ("service", "string"),
        ("last_authenticated_at", "time"),
        ("actions", "string"),  # JSON list of TrackedActionsLastAccessed, or null
    ),
    "instance_profiles": (
        ("account_id", "string"),
        ("arn", "string"),
        ("name", "string"),
        ("path", "string"),
        ("role_arns", "strings"),  # IAM lets a profile hold one role
    ),
    "policy_tags": (  # of customer-managed policies; a policy without a row was not asked for its tags
        ("account_id", "string"),
        ("policy_id", "string"),  # the ARN
        ("tags", "string"),  # JSON object
    ),
    "permission_sets": (
        ("instance_arn", "string"),
        ("permission_set_arn", "string"),
        ("name", "string"),  # of AWSReservedSSO_<name>_<16 hex>
        ("description", "string"),
        ("session_duration", "string"),  # ISO 8601: PT8H
        ("inline_policy", "string"),  # JSON text; `null` for "there is none", null when it was not read
        (
            "boundary",
            "string",
        ),  # JSON text as AWS gives it: ManagedPolicyArn or CustomerManagedPolicyReference; the same
        ("tags", "string"),  # JSON object, null when not read
        ("policies_known", "bool"),  # whether both lists of attached policies were read
        ("accounts", "strings"),  # where it is provisioned, null when not read
    ),
    "permission_set_policies": (
        ("permission_set_arn", "string"),
        ("kind", "string"),  # aws | customer
        ("name", "string"),
        ("path", "string"),  # of a customer-managed one, which has the same name and path in every account
        ("policy_arn", "string"),  # of an AWS-managed one
    ),
    "account_assignments": (
        ("instance_arn", "string"),
        ("permission_set_arn", "string"),
        ("account_id", "string"),
        ("principal_kind", "string"),  # user | group
        ("principal_id", "string"),  # in the identity store
        ("principal_name", "string"),  # null when the identity store was not read, or does not know the id any more
    ),
    "log_integrity": (  # what `verify` said; a log that is as its digest says has no row of its own
        ("account_id", "string"),
        ("region", "string"),
        ("trail", "string"),
        ("object", "string"),  # its key in the bucket, or from the last `AWSLogs/` in a folder
        ("kind", "string"),  # digest | log
        ("verdict", "string"),  # valid | invalid | missing | unverified | gap
        ("reason", "string"),
        ("window_start", "time"),  # the time of delivery that the verdict speaks of: of a gap, the gap
        ("window_end", "time"),
        ("logs", "int"),  # of a digest: how many log objects it lists; null when nobody counted
    ),
}
