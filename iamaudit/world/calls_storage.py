"""The API calls on data that the example organisation makes: S3, KMS, DynamoDB, Secrets Manager, SSM, RDS."""

from __future__ import annotations

from typing import Any, Final

from iamaudit.world.calls import Call, need, passes, through

_OBJECT = "arn:aws:s3:::{bucket}/{key}"
_BUCKET = "arn:aws:s3:::{bucket}"
_HOST = "{bucket}.s3.{region}.amazonaws.com"
_OBJECT_RESOURCES = (("AWS::S3::Object", _OBJECT), ("AWS::S3::Bucket", _BUCKET))


def _object(event: str, action: str, *, read_only: bool, **request: str) -> Call:
    return Call(
        "s3",
        event,
        (need(action, _OBJECT),),
        {"bucketName": "{bucket}", "Host": _HOST, "key": "{key}", **request},
        resources=_OBJECT_RESOURCES,
        read_only=read_only,
        data="AWS::S3::Object",
    )


def _bucket(event: str, action: str, *, read_only: bool = True, **request: Any) -> Call:
    return Call(
        "s3",
        event,
        (need(action, _BUCKET),),
        {"bucketName": "{bucket}", "Host": _HOST, **request},
        resources=(("AWS::S3::Bucket", _BUCKET),),
        read_only=read_only,
    )


GET_OBJECT: Final = _object("GetObject", "s3:GetObject", read_only=True)
HEAD_OBJECT: Final = _object("HeadObject", "s3:GetObject", read_only=True)
PUT_OBJECT: Final = _object("PutObject", "s3:PutObject", read_only=False)
DELETE_OBJECT: Final = _object("DeleteObject", "s3:DeleteObject", read_only=False)
COPY_OBJECT: Final = Call(
    "s3",
    "CopyObject",
    (need("s3:GetObject", "arn:aws:s3:::{bucket}/{source_key}"), need("s3:PutObject", _OBJECT)),
    {"bucketName": "{bucket}", "Host": _HOST, "key": "{key}", "x-amz-copy-source": "{bucket}/{source_key}"},
    resources=(
        ("AWS::S3::Object", _OBJECT),
        ("AWS::S3::Bucket", _BUCKET),
        ("AWS::S3::Object", "arn:aws:s3:::{bucket}/{source_key}"),
    ),
    read_only=False,
    data="AWS::S3::Object",
)
LIST_OBJECTS: Final = Call(
    "s3",
    "ListObjects",
    (need("s3:ListBucket", _BUCKET, s3__prefix="{prefix}"),),
    {"list-type": "2", "bucketName": "{bucket}", "prefix": "{prefix}", "Host": _HOST, "encoding-type": "url"},
    resources=(("AWS::S3::Object", "arn:aws:s3:::{bucket}/"), ("AWS::S3::Bucket", _BUCKET)),
    data="AWS::S3::Object",
)
LIST_BUCKETS: Final = Call("s3", "ListBuckets", (need("s3:ListAllMyBuckets"),), {"Host": "s3.amazonaws.com"})
GET_BUCKET_POLICY: Final = _bucket("GetBucketPolicy", "s3:GetBucketPolicy", policy="")
GET_BUCKET_ENCRYPTION: Final = _bucket("GetBucketEncryption", "s3:GetEncryptionConfiguration", encryption="")
GET_BUCKET_REPLICATION: Final = _bucket("GetBucketReplication", "s3:GetReplicationConfiguration", replication="")
GET_BUCKET_LOCATION: Final = _bucket("GetBucketLocation", "s3:GetBucketLocation", location="")
PUT_BUCKET_LIFECYCLE: Final = _bucket(
    "PutBucketLifecycle",
    "s3:PutLifecycleConfiguration",
    read_only=False,
    lifecycle="",
    LifecycleConfiguration={"Rule": {"Status": "Enabled", "ID": "expire-tmp", "Expiration": {"Days": 14}}},
)
PUT_BUCKET_REPLICATION: Final = Call(
    "s3",
    "PutBucketReplication",
    (need("s3:PutReplicationConfiguration", _BUCKET), passes("{role}", "s3.amazonaws.com")),
    {
        "bucketName": "{bucket}",
        "Host": _HOST,
        "replication": "",
        "ReplicationConfiguration": {
            "Role": "{role}",
            "Rule": {"ID": "copy-curated", "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::{target}"}},
        },
    },
    resources=(("AWS::S3::Bucket", _BUCKET),),
    read_only=False,
)

_KEY = "arn:aws:kms:{region}:{account}:key/{kms_key}"
_KEY_RESOURCE = (("AWS::KMS::Key", _KEY),)
DECRYPT: Final = Call(
    "kms",
    "Decrypt",
    (need("kms:Decrypt", _KEY),),
    {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": {"app": "{app}"}},
    resources=_KEY_RESOURCE,
)
GENERATE_DATA_KEY: Final = Call(
    "kms",
    "GenerateDataKey",
    (need("kms:GenerateDataKey", _KEY),),
    {"keyId": _KEY, "keySpec": "AES_256", "encryptionContext": {"app": "{app}"}},
    resources=_KEY_RESOURCE,
)
LIST_KEYS: Final = Call("kms", "ListKeys", (need("kms:ListKeys"),), {"limit": 100})
DECRYPT_FOR_S3: Final = through(DECRYPT, "s3.amazonaws.com")
DATA_KEY_FOR_S3: Final = through(GENERATE_DATA_KEY, "s3.amazonaws.com")
DECRYPT_FOR_SECRETS: Final = through(DECRYPT, "secretsmanager.amazonaws.com")
DECRYPT_FOR_SSM: Final = through(DECRYPT, "ssm.amazonaws.com")

GET_SECRET: Final = Call(
    "secretsmanager",
    "GetSecretValue",
    (need("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:{region}:{account}:secret:{secret}"),),
    {"secretId": "arn:aws:secretsmanager:{region}:{account}:secret:{secret}"},
)
GET_PARAMETER: Final = Call(
    "ssm",
    "GetParameter",
    (need("ssm:GetParameter", "arn:aws:ssm:{region}:{account}:parameter{parameter}"),),
    {"name": "{parameter}", "withDecryption": True},
    resources=(("AWS::SSM::Parameter", "arn:aws:ssm:{region}:{account}:parameter{parameter}"),),
)

_TABLE = "arn:aws:dynamodb:{region}:{account}:table/{table}"
_TABLE_RESOURCE = (("AWS::DynamoDB::Table", _TABLE),)
DESCRIBE_TABLE: Final = Call(
    "dynamodb",
    "DescribeTable",
    (need("dynamodb:DescribeTable", _TABLE),),
    {"tableName": "{table}"},
    resources=_TABLE_RESOURCE,
    extra={"apiVersion": "2012-08-10"},
)
GET_ITEM: Final = Call(
    "dynamodb", "GetItem", (need("dynamodb:GetItem", _TABLE),), {"tableName": "{table}"}, data="AWS::DynamoDB::Table"
)
PUT_ITEM: Final = Call(
    "dynamodb", "PutItem", (need("dynamodb:PutItem", _TABLE),), {"tableName": "{table}"}, data="AWS::DynamoDB::Table"
)
QUERY: Final = Call(
    "dynamodb", "Query", (need("dynamodb:Query", _TABLE),), {"tableName": "{table}"}, data="AWS::DynamoDB::Table"
)

DESCRIBE_DB_INSTANCES: Final = Call(
    "rds",
    "DescribeDBInstances",
    (need("rds:DescribeDBInstances", "arn:aws:rds:{region}:{account}:db:{database}"),),
    {"dBInstanceIdentifier": "{database}"},
)
CREATE_DB_SNAPSHOT: Final = Call(
    "rds",
    "CreateDBSnapshot",
    (
        need("rds:CreateDBSnapshot", "arn:aws:rds:{region}:{account}:db:{database}"),
        need("rds:CreateDBSnapshot", "arn:aws:rds:{region}:{account}:snapshot:{database}-{day}"),
    ),
    {"dBSnapshotIdentifier": "{database}-{day}", "dBInstanceIdentifier": "{database}"},
    response={"dBSnapshotIdentifier": "{database}-{day}", "status": "creating"},
    read_only=False,
)
