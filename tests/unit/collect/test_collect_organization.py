"""`organization.json` becomes accounts in a tree and policies with targets."""

import copy

BODY = {
    "Organization": {"Id": "o-example", "MasterAccountId": "111122223333", "FeatureSet": "ALL"},
    "Roots": [{"Id": "r-1", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
    "OrganizationalUnits": [
        {"Id": "ou-1", "Name": "prod", "ParentId": "r-1"},
        {"Id": "ou-2", "Name": "web", "ParentId": "ou-1"},
    ],
    "Accounts": [
        {"Id": "111122223333", "Name": "management", "Status": "ACTIVE", "ParentId": "r-1"},
        {"Id": "444455556666", "Name": "web", "Status": "SUSPENDED", "ParentId": "ou-2"},
    ],
    "Policies": [
        {
            "PolicySummary": {"Id": "p-1", "Name": "deny", "Type": "SERVICE_CONTROL_POLICY"},
            "Content": '{"Statement": []}',
            "Targets": [{"TargetId": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}, {"TargetId": "r-1", "Type": "ROOT"}],
        },
        {
            "PolicySummary": {"Id": "p-2", "Name": "perimeter", "Type": "RESOURCE_CONTROL_POLICY"},
            "Content": "{broken",
            "Targets": [],
        },
        {"PolicySummary": {"Id": "p-3", "Name": "tags", "Type": "TAG_POLICY"}, "Content": "{}", "Targets": []},
    ],
}


def test_an_accounts_path_runs_from_the_root_to_its_parent(collected, rows):
    capture = collected({"organization.json": BODY})

    found = {
        row["account_id"]: row for row in rows(capture, "accounts", "account_id", "path", "is_management", "status")
    }

    assert (["r-1"], True) == (found["111122223333"]["path"], found["111122223333"]["is_management"])
    assert (["r-1", "ou-1", "ou-2"], "SUSPENDED") == (found["444455556666"]["path"], found["444455556666"]["status"])


def test_a_policy_has_a_row_per_target_and_one_without_target_is_kept(collected, rows, why):
    capture = collected({"organization.json": BODY})

    found = rows(capture, "organization_policies", "policy_id", "kind", "document", "target_id")

    assert [
        {"policy_id": "p-1", "kind": "scp", "document": '{"Statement":[]}', "target_id": "ou-1"},
        {"policy_id": "p-1", "kind": "scp", "document": '{"Statement":[]}', "target_id": "r-1"},
        {"policy_id": "p-2", "kind": "rcp", "document": None, "target_id": None},
    ] == found
    assert 1 == len(why(capture, "RCP `p-2`"))


def test_accounts_of_which_nothing_was_read_are_missing(collected, why):
    capture = collected({"organization.json": BODY})

    assert {} == capture.accounts
    assert "(the account is SUSPENDED)" in why(capture, "444455556666: IAM state")[0]
    assert 1 == len(why(capture, "111122223333: IAM state"))


def test_a_parent_that_leads_nowhere_leaves_the_place_unknown(collected, rows, why):
    body = copy.deepcopy(BODY)
    body["OrganizationalUnits"][0]["ParentId"] = "ou-2"
    capture = collected({"organization.json": body})

    found = {row["account_id"]: row["path"] for row in rows(capture, "accounts", "account_id", "path")}

    assert {"111122223333": ["r-1"], "444455556666": None} == found
    assert 1 == len(why(capture, "place of account `444455556666`"))


def test_which_policy_types_are_on_is_a_setting_of_the_management_account(collected, rows):
    capture = collected({"organization.json": BODY})

    [found] = rows(capture, "settings", "account_id", "name", "value")

    assert ("111122223333", "organization") == (found["account_id"], found["name"])
    assert '"PolicyTypes":[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"}]' in found["value"]
