"""Instance profiles, tags of policies, and tags of principals whose details lack them, out of files."""


def profile(aws, name: str, path: str = "/") -> dict[str, object]:
    arn = f"arn:aws:iam::{aws.account}:instance-profile{path}{name}"
    return {"Path": path, "InstanceProfileName": name, "InstanceProfileId": "AIPA1", "Arn": arn, "Roles": []}


def test_a_role_brings_the_profiles_that_hold_it(aws, collected):
    role = aws.role("web", InstanceProfileList=[profile(aws, "web", "/fleet/"), profile(aws, "old")])

    capture = collected({"d.json": aws.details(RoleDetailList=[role])})

    assert {
        ("web", "/fleet/", f"arn:aws:iam::{aws.account}:instance-profile/fleet/web", role["Arn"]),
        ("old", "/", f"arn:aws:iam::{aws.account}:instance-profile/old", role["Arn"]),
    } == {
        (row["name"], row["path"], row["arn"], *row["role_arns"])
        for row in capture.tables["instance_profiles"].to_pylist()
    }


def test_config_spells_profiles_its_own_way(aws, collected, rows):
    arn = f"arn:aws:iam::{aws.account}:instance-profile/web"
    item = {
        "awsAccountId": aws.account,
        "resourceType": "AWS::IAM::Role",
        "resourceId": "AROAWEB",
        "ARN": f"arn:aws:iam::{aws.account}:role/web",
        "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-10-01T00:00:00Z",
        "configuration": {
            "roleName": "web",
            "arn": f"arn:aws:iam::{aws.account}:role/web",
            "path": "/",
            "assumeRolePolicyDocument": aws.allow,
            "instanceProfileList": [{"path": "/", "instanceProfileName": "web", "arn": arn, "roles": []}],
        },
    }

    capture = collected({"config.json": {"fileVersion": "1.0", "configurationItems": [item]}})

    assert [{"arn": arn, "name": "web"}] == rows(capture, "instance_profiles", "arn", "name")


def test_a_profile_without_arn_is_a_gap(aws, collected, why):
    role = aws.role("web", InstanceProfileList=[{"InstanceProfileName": "web"}])

    capture = collected({"d.json": aws.details(RoleDetailList=[role])})

    assert "has no `Arn`" in why(capture, role["Arn"])[0]


def test_tags_of_a_policy_come_by_its_arn(aws, collected, rows):
    ours = aws.policy(f"arn:aws:iam::{aws.account}:policy/ours")
    other = aws.policy(f"arn:aws:iam::{aws.account}:policy/other")
    tags = {"TagsOf": [{"Arn": ours["Arn"], "Tags": [{"Key": "keep", "Value": "yes"}]}]}

    capture = collected({"d.json": aws.details(Policies=[ours, other]), "t.json": tags})

    assert [{"policy_id": ours["Arn"], "tags": '{"keep":"yes"}'}] == rows(capture, "policy_tags", "policy_id", "tags")


def test_tags_that_nobody_read_are_not_no_tags(aws, collected, rows):
    untold = aws.user("untold")
    none = aws.user("none", Tags=[])
    asked = aws.user("asked")
    tags = {"TagsOf": [{"Arn": asked["Arn"], "Tags": [{"Key": "a", "Value": "b"}]}]}

    capture = collected({"d.json": aws.details(UserDetailList=[untold, none, asked]), "t.json": tags})

    assert {"untold": None, "none": "{}", "asked": '{"a":"b"}'} == {
        row["name"]: row["tags"] for row in rows(capture, "principals", "name", "tags")
    }


def test_tags_of_another_shape_are_a_gap(aws, collected):
    capture = collected({"d.json": aws.details(UserDetailList=[aws.user("a")]), "t.json": {"TagsOf": "text"}})

    assert any("t.json" in entry.what for entry in capture.missing)
