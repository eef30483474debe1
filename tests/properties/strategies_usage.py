"""Calls as CloudTrail writes them, for the laws of mapping."""

from __future__ import annotations

from hypothesis import strategies as st

REQUESTS = (
    ("s3.amazonaws.com", "GetObject", {"bucketName": "b", "key": "k", "versionId": "1"}),
    ("s3.amazonaws.com", "CopyObject", {"bucketName": "b", "key": "k", "x-amz-copy-source": "c/d", "x-amz-acl": "p"}),
    ("ec2.amazonaws.com", "RunInstances", {
        "instancesSet": {"items": [{"imageId": "ami-1", "keyName": "k"}]}, "subnetId": "subnet-1",
        "iamInstanceProfile": {"name": "p"},
        "tagSpecificationSet": {"items": [{"resourceType": "volume"}, {"resourceType": "instance"}]}}),
    ("lambda.amazonaws.com", "CreateFunction20150331", {
        "functionName": "f", "role": "arn:aws:iam::111122223333:role/r", "tags": {"a": "b"}, "layers": ["l"]}),
    ("dynamodb.amazonaws.com", "TransactWriteItems", {
        "transactItems": [{"put": {"tableName": "T"}}, {"delete": {"tableName": "U"}}, {"put": {"tableName": "A"}}]}),
    ("kms.amazonaws.com", "ReEncrypt", {"sourceKeyId": "1", "destinationKeyId": "2"}),
    ("ecs.amazonaws.com", "RunTask", {
        "cluster": "c", "taskDefinition": "web:3",
        "overrides": {"taskRoleArn": "arn:aws:iam::111122223333:role/t", "executionRoleArn": "name"}}),
    ("iam.amazonaws.com", "CreateRole", {"roleName": "r", "path": "/p/", "tags": [{"key": "a"}]}),
    ("ssm.amazonaws.com", "GetParameters", {"names": ["/a", "b"]}),
    ("rds.amazonaws.com", "CreateDBInstance", {"dBInstanceIdentifier": "d", "dBSubnetGroupName": "s"}),
    ("glue.amazonaws.com", "GetTable", {"databaseName": "d", "name": "t"}),
    ("events.amazonaws.com", "PutTargets", {"rule": "r", "eventBusName": "b"}),
    ("dynamodb.amazonaws.com", "ExecuteStatement", {"limit": 5}),
    ("glue.amazonaws.com", "CreatePartitionIndex", {"databaseName": "d", "tableName": "t"}),
)  # fmt: skip

requests = st.sampled_from(REQUESTS)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def record_of(source, name, request):
    """Return a record of an ordinary call."""
    return {
        "eventVersion": "1.08",
        "eventSource": source,
        "eventName": name,
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333", "principalId": "AROAX:s"},
        "requestParameters": request,
    }
