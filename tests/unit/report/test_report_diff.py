"""The diff of two policies: numbers first, each line knows its kind."""

import json

from iamaudit.report.diff import diff_lines, policy_diff, pretty, unified_diff
from tests.unit.report.made_up_report import CURRENT, PROPOSED


def test_the_numbers_come_first():
    text = policy_diff([CURRENT], [PROPOSED])

    first = text.split("\n\n")[0]
    assert first == (
        "1 policy (2 statements, 4 action patterns, 206 characters) become "
        "1 policy (3 statements, 4 action patterns, 458 characters)."
    )


def test_equal_policies_have_no_diff():
    spaced = json.dumps(json.loads(CURRENT), indent=8)

    assert policy_diff([CURRENT], [spaced]).endswith("Nothing changes.\n")


def test_each_line_knows_its_kind():
    lines = diff_lines(policy_diff([CURRENT], [PROPOSED]))

    assert [line.kind for line in lines[:3]] == ["file", "file", "place"]
    assert {"added", "removed", "same"} == {line.kind for line in lines[3:]}
    assert all(line.text[0] == {"added": "+", "removed": "-", "same": " "}[line.kind] for line in lines[3:])


def test_the_lines_are_the_same_with_and_without_the_markdown_around_them():
    bare, wrapped = unified_diff([CURRENT], [PROPOSED]), policy_diff([CURRENT], [PROPOSED])

    assert diff_lines(bare) == diff_lines(wrapped)


def test_a_policy_cannot_close_its_own_fence():
    text = policy_diff(["{}"], ["````\n```\n<script>"])

    assert "`````diff\n" in text
    assert text.endswith("`````\n")
    assert "+<script>" in [line.text for line in diff_lines(text)]


def test_a_removed_line_that_begins_with_dashes_is_not_a_file_name():
    text = policy_diff(["-- a"], ["++ b"])

    assert [line.kind for line in diff_lines(text)] == ["file", "file", "place", "removed", "added"]


def test_a_document_with_one_statement_outside_a_list_is_counted():
    text = policy_diff([], ['{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}'])

    assert text.startswith(
        "0 policies (0 statements, 0 action patterns, 0 characters) become 1 policy (1 statement, 1 ac"
    )


def test_steering_characters_become_the_escapes_json_has_for_them():
    policy = '{"Sid": "a\u202eb"}'

    assert pretty(policy) == '{\n  "Sid": "a\\u202eb"\n}'
    assert json.loads(policy) == json.loads(pretty(policy))
