"""Terraform of a plan: laid out as `terraform fmt` leaves it, importing what exists, and deaf to hostile names."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.deliver.hcl import Body, Document, Raw, block, heredoc, quoted
from iamaudit.deliver.steps import Held
from iamaudit.deliver.terraform import terraform
from iamaudit.model.change import Change, ChangeKind

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/app-from-PowerUserAccess"
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/team/shared"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
OLD = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
NEW = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"}
        ],
    }
)
CHANGES = (
    Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "reads", NEW, OLD),
    Change(ChangeKind.CREATE_POLICY_VERSION, "", SHARED, NEW, OLD),
    Change(ChangeKind.CREATE_POLICY, "", OWN, NEW),
    Change(ChangeKind.ATTACH_POLICY, ROLE, OWN),
    Change(ChangeKind.DETACH_POLICY, ROLE, POWER),
    Change(ChangeKind.DELETE_INLINE_POLICY, ROLE, "never-used", None, OLD),
)
HELD = (
    Held(ROLE, "reads", is_inline=True),
    Held(ROLE, "never-used", is_inline=True),
    Held(ROLE, POWER, is_inline=False),
    Held(ROLE, SHARED, is_inline=False),
)
texts = st.text(alphabet=st.sampled_from('a"\\$%{}\n\t\u202e\x1b\U0001f600 ='), max_size=30)


def formatted(text):
    """Lay out Terraform slowly, by the rules of `terraform fmt` that concern us: indents, `=` in columns, blank lines."""
    lines, depth, marker = [], 0, None
    for line in text.split("\n"):
        if marker is not None:
            lines.append((None, line))
            marker = None if line == marker else marker
            continue
        bare = line.strip()
        code = re.sub(r'"(?:\\.|[^"\\])*"', '""', bare).split("#")[0]
        closing = len(re.match(r"[\]})]*", code)[0])
        opened = sum(code.count(c) for c in "[{(") - sum(code.count(c) for c in "]})")
        lines.append((depth - closing, bare))
        depth += opened
        if found := re.search(r"<<(\w+)$", code):
            marker = found[1]
    result = []
    for number, (level, bare) in enumerate(lines):
        if level is None:
            result.append(bare)
            continue
        argument = re.match(r"([\w.-]+)\s+=\s+(.*)", bare)
        laid_out = bare
        if argument:
            start = stop = number
            while start > 0 and is_argument(lines[start - 1], level):
                start -= 1
            while stop + 1 < len(lines) and is_argument(lines[stop + 1], level):
                stop += 1
            width = max(len(lines[i][1].split()[0]) for i in range(start, stop + 1))
            laid_out = f"{argument[1].ljust(width)} = {argument[2]}"
        result.append("  " * level + laid_out if bare else "")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(result))


def is_argument(line, level):
    return line[0] == level and re.match(r"[\w.-]+\s+=\s", line[1]) is not None


def blocks_of(text, kind):
    return re.findall(rf"^{kind} .*?^}}$", text, re.MULTILINE | re.DOTALL)


def test_a_plan_is_laid_out_as_terraform_fmt_leaves_it():
    text = terraform(CHANGES, HELD, account_id=ACCOUNT, title="the policies of app")

    assert formatted(text) == text
    assert text.endswith("\n")
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)


def test_the_slow_formatter_would_notice():
    """The oracle of the test above is no yes-man."""
    assert formatted("a {\n  b = 1\n  long = 2\n}\n") == "a {\n  b    = 1\n  long = 2\n}\n"
    assert formatted("a {\nb = 1\n}\n") == "a {\n  b = 1\n}\n"


def test_what_exists_is_imported_and_what_is_new_is_not():
    text = terraform(CHANGES, HELD, account_id=ACCOUNT)

    ids = re.findall(r'id = "(.*)"', text)
    assert ["app:reads", SHARED] == ids
    assert all(f'resource "{to.split(".")[0]}" "{to.split(".")[1]}"' in text for to in re.findall(r"to = (\S+)", text))


def test_only_the_account_of_the_plan_is_changed():
    text = terraform(CHANGES, HELD, account_id=ACCOUNT)

    assert f'allowed_account_ids = ["{ACCOUNT}"]' in text


def test_what_a_holder_loses_is_said_by_what_it_keeps_after_everything_that_grants():
    text = terraform(CHANGES, HELD, account_id=ACCOUNT)

    policies, attachments = (
        next(b for b in blocks_of(text, "resource") if f'"aws_iam_role_{what}_exclusive"' in b)
        for what in ("policies", "policy_attachments")
    )
    assert 'policy_names = ["reads"]' in policies
    assert f'"{SHARED}"' not in attachments
    assert "aws_iam_policy.shared.arn" in attachments
    assert "aws_iam_policy.app_from_poweruseraccess.arn" in attachments
    assert POWER not in attachments
    assert "depends_on" in attachments
    assert "depends_on" in policies


def test_what_is_held_besides_is_not_known_so_nothing_is_taken_away():
    text = terraform(CHANGES, None, account_id=ACCOUNT)

    assert "exclusive" not in text
    assert f"# - detach policy {POWER} of {ROLE}: what else the holder has is not known" in text


def test_a_policys_variables_are_no_interpolation():
    text = terraform(CHANGES[:1], HELD, account_id=ACCOUNT)

    assert "b/$${aws:username}/*" in text
    assert not re.search(r"(?<!\$)\$\{", text)


@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_users_roles_and_groups_have_resources_of_their_own(kind):
    holder = f"arn:aws:iam::{ACCOUNT}:{kind}/x"
    changes = [replace(change, holder=change.holder and holder) for change in CHANGES]
    held = [replace(one, holder=holder) for one in HELD]

    text = terraform(changes, held, account_id=ACCOUNT)

    named = set(re.findall(rf'resource "aws_iam_{kind}_(\w+)"', text))
    assert {"policy", "policy_attachment", "policies_exclusive", "policy_attachments_exclusive"} == named
    assert 2 == len(re.findall(rf'^  {kind}_name +=\s"x"$', text, re.MULTILINE))
    assert re.search(rf'^  {kind} += "x"$', text, re.MULTILINE)
    assert formatted(text) == text


def test_a_new_group_is_made_before_what_needs_it():
    user, group = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:group/readers"
    changes = [
        Change(ChangeKind.CREATE_GROUP, "", "readers"),
        Change(ChangeKind.PUT_INLINE_POLICY, group, "p", NEW),
        Change(ChangeKind.ADD_USER_TO_GROUP, user, "readers"),
        Change(ChangeKind.ADD_USER_TO_GROUP, user, "staff"),
    ]

    text = terraform(changes, [], account_id=ACCOUNT)

    assert 'resource "aws_iam_group" "group_readers"' in text
    assert re.search(r"groups +=\s\[aws_iam_group.group_readers.name\]", text)
    assert "group = aws_iam_group.group_readers.name" in text
    assert 'groups = ["staff"]' in text
    assert formatted(text) == text


def test_users_join_a_group_after_its_policies_changed_and_then_lose_their_own():
    user, group = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:group/team/readers"
    changes = [
        Change(ChangeKind.PUT_INLINE_POLICY, group, "p", NEW, OLD),
        Change(ChangeKind.CREATE_POLICY_VERSION, "", SHARED, NEW, OLD),
        Change(ChangeKind.DETACH_POLICY, group, POWER),
        Change(ChangeKind.ADD_USER_TO_GROUP, user, "readers"),
        Change(ChangeKind.DELETE_INLINE_POLICY, user, "work", None, OLD),
    ]
    held = [Held(group, "p", is_inline=True), Held(group, POWER, is_inline=False), Held(user, "work", is_inline=True)]

    text = terraform(changes, held, account_id=ACCOUNT)

    waits = dict(re.findall(r'resource "(\w+)" "\w+" \{[^}]*?depends_on += \[(.*?)\]', text))
    assert {
        "aws_iam_policy.shared",
        "aws_iam_group_policy.readers_p",
        "aws_iam_group_policy_attachments_exclusive.readers_keeps",
    } == set(waits["aws_iam_user_group_membership"].split(", "))
    assert "aws_iam_user_group_membership.ann_in_readers" == waits["aws_iam_user_policies_exclusive"]
    assert formatted(text) == text


def test_nobody_joins_a_group_of_which_something_is_left_to_people():
    user, group = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:group/readers"
    changes = [
        Change(ChangeKind.DETACH_POLICY, group, POWER),
        Change(ChangeKind.ADD_USER_TO_GROUP, user, "readers"),
    ]

    text = terraform(changes, None, account_id=ACCOUNT)

    assert not blocks_of(text, "resource")
    assert 2 == text.count("\n# - ")


def test_keys_and_passwords_are_left_to_people():
    user = f"arn:aws:iam::{ACCOUNT}:user/ann"
    changes = [
        Change(ChangeKind.DEACTIVATE_ACCESS_KEY, user, "AKIA1"),
        Change(ChangeKind.DELETE_LOGIN_PROFILE, user, "ann"),
    ]

    text = terraform(changes, [], account_id=ACCOUNT)

    assert not blocks_of(text, "resource")
    assert 2 == text.count("\n# - ")


def test_a_hostile_name_is_told_in_a_comment_and_nowhere_else():
    evil = 'arn:aws:iam::111122223333:role/a"\n}\nresource "x" "y" {'

    text = terraform([Change(ChangeKind.PUT_INLINE_POLICY, evil, "p", NEW)], [], account_id=ACCOUNT)

    assert not blocks_of(text, "resource")
    assert "\\n}\\nresource" in text


def test_two_names_that_look_alike_have_two_labels():
    changes = [Change(ChangeKind.PUT_INLINE_POLICY, ROLE, name, NEW) for name in ("a.b", "a_b", "a=b")]

    text = terraform(changes, [], account_id=ACCOUNT)

    assert 3 == len(set(re.findall(r'^resource "aws_iam_role_policy" "(.*)"', text, re.MULTILINE)))


@given(texts)
def test_a_quoted_text_is_one_literal(text):
    """Read back by JSON, whose escapes are the same below U+10000 once templates are unescaped."""
    literal = quoted(text)

    plain = literal.replace("$${", "${").replace("%%{", "%{")
    assert text == json.loads(plain)
    assert literal.isprintable()


@given(texts, st.sampled_from(["POLICY", "x"]))
def test_a_heredoc_ends_where_its_text_does(text, line):
    written = heredoc(f"{text}\n  {line}\nend").split("\n")

    marker = written[0].removeprefix("<<")
    assert [marker] == [one for one in written[1:] if one.strip() == marker]
    assert written[-1] == marker


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.sampled_from(["v", Raw("x.y"), Document("1\n2"), ["a", "b"]])
    )
)
def test_every_block_is_laid_out_as_terraform_fmt_leaves_it(body):
    text = block("resource", ("a", "b"), Body(body))

    assert formatted(text) == text
