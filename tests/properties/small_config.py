"""AWS Config's items of a made-up account, and a lake that has read files of them."""

import hashlib
import json
from urllib.parse import quote

import pyarrow.compute as pc

from iamaudit.formats.config_items import config_rows
from iamaudit.lake.manifest import EventsManifest, SourceObject, to_bytes

ACCOUNT = "111122223333"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}


def document(action):
    """A policy that allows one action, percent-encoded as Config has it."""
    return quote(json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}))


def item(kind, name, resource_id, configuration, *, at, **more):
    """One configuration item of an IAM resource, as files have it."""
    return {
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": at,
        "configurationItemStatus": "OK" if configuration is not None else "ResourceDeleted",
        "configurationStateId": 1,
        "awsAccountId": ACCOUNT,
        "resourceType": f"AWS::IAM::{kind}",
        "resourceId": resource_id,
        "resourceName": name,
        "ARN": f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/{name}",
        "awsRegion": "global",
        "configuration": configuration,
        "supplementaryConfiguration": {},
        "tags": {},
        **more,
    }


def user(name, *, at, resource_id=None, gone=False, **more):
    """An item of a user."""
    held = {"path": "/", "userName": name, "groupList": [], "attachedManagedPolicies": [], **more}
    return item("User", name, resource_id or f"AIDA{name}", None if gone else held, at=at)


def role(name, *, at, resource_id=None, gone=False, **more):
    """An item of a role."""
    trust = quote(json.dumps(TRUST))
    held = {"path": "/", "roleName": name, "assumeRolePolicyDocument": trust, "attachedManagedPolicies": [], **more}
    return item("Role", name, resource_id or f"AROA{name}", None if gone else held, at=at)


def policy(name, action, *, at, version="v1"):
    """An item of a customer-managed policy whose default version allows one action."""
    versions = [{"document": document(action), "versionId": version, "isDefaultVersion": True}]
    held = {"policyName": name, "arn": policy_arn(name), "defaultVersionId": version, "policyVersionList": versions}
    return item("Policy", name, f"ANPA{name}", held, at=at)


def policy_arn(name):
    """The ARN of a policy of the account."""
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def attached(*names):
    """Policies as a holder names them."""
    return [{"policyName": name, "policyArn": policy_arn(name)} for name in names]


def snapshot(*items):
    """A snapshot file."""
    return json.dumps({"fileVersion": "1.0", "configSnapshotId": "s", "configurationItems": list(items)}).encode()


def history(*items):
    """A history file."""
    return json.dumps({"fileVersion": "1.0", "configurationItems": list(items)}).encode()


def read_config(lake, *files):
    """Commit each file's items to the lake as one batch, as ingest does."""
    for data in files:
        batch_id = hashlib.sha256(data).hexdigest()[:16]
        found = config_rows(data, source_key=f"{batch_id}.json", batch_id=batch_id)
        days = pc.strftime(found.rows["captured_at"], "%Y-%m-%d")
        parts = tuple(
            lake.write_part(
                "config_items", found.rows.filter(pc.equal(days, day)), folder=f"config_items/dt={day}", dt=day
            )
            for day in sorted(set(days.to_pylist()))
        )
        entry = SourceObject(
            f"{batch_id}.json",
            batch_id,
            len(data),
            "ingested",
            None,
            found.records_in,
            found.rows.num_rows,
            kind="config",
        )
        manifest = EventsManifest(batch_id, (entry,), parts)
        manifest.check()
        lake.store.write(f"manifests/events/{batch_id}.json", to_bytes(manifest))
