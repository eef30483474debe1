"""Laws of applying, on a small IAM in memory: whatever the plan, and wherever a crash falls, the way back leads home."""

import copy
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.apply.journal import Journal, read_journal
from iamaudit.apply.run import apply_plan, look, roll_back
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from tests.amount import examples

BASE = "arn:aws:iam::111122223333"
TEXTS = ['{"Statement": 1}', '{"Statement":2}', '{ "Statement": 3}', '{"Statement":4 }']
HOLDERS = [f"{BASE}:role/a", f"{BASE}:role/b"]
POLICIES = [f"{BASE}:policy/p{n}" for n in range(3)]


class Crash(BaseException):
    """The process dies: nothing catches it."""


class SmallIam:
    """Inline and managed policies and attachments of two roles; dies at a chosen call, before or after it takes effect."""

    def __init__(self, inline, managed, attached):
        self.inline = dict(inline)  # (role, name) -> text
        self.managed = {arn: {"default": "v1", "versions": {"v1": text}, "next": 2} for arn, text in managed.items()}
        self.attached = set(attached)
        self.left, self.is_after = None, False

    def standing(self):
        """Return what can be compared: version numbers, and versions that are not in force, by their texts."""
        managed = {
            arn: (p["versions"][p["default"]], sorted(p["versions"].values())) for arn, p in self.managed.items()
        }
        return copy.deepcopy((self.inline, managed, self.attached))

    def read(self, operation, **asked):
        arn, role = asked.get("PolicyArn"), asked.get("RoleName")
        if operation == "get_role_policy":
            text = self.inline.get((role, asked["PolicyName"]))
            return None if text is None else {"PolicyDocument": text}
        if operation == "get_role":
            return {"Role": {}}
        if operation == "list_attached_role_policies":
            return {"AttachedPolicies": [{"PolicyArn": policy} for holder, policy in self.attached if holder == role]}
        if arn not in self.managed:
            return None
        policy = self.managed[arn]
        if operation == "list_policy_versions":
            return {
                "Versions": [{"VersionId": v, "IsDefaultVersion": v == policy["default"]} for v in policy["versions"]]
            }
        if operation == "get_policy":
            return {"Policy": {"DefaultVersionId": policy["default"]}}
        return {"PolicyVersion": {"Document": policy["versions"][asked["VersionId"]]}}

    def make(self, call):
        if self.left is not None:
            self.left -= 1
        if self.left == 0 and not self.is_after:
            raise Crash
        answer = getattr(self, call.operation)(**call.parameters)
        if self.left == 0:
            raise Crash
        return answer or {}

    def put_role_policy(self, RoleName, PolicyName, PolicyDocument):  # noqa: N803  # AWS's own names
        self.inline[RoleName, PolicyName] = PolicyDocument

    def delete_role_policy(self, RoleName, PolicyName):  # noqa: N803  # AWS's own names
        del self.inline[RoleName, PolicyName]

    def attach_role_policy(self, RoleName, PolicyArn):  # noqa: N803  # AWS's own names
        assert PolicyArn in self.managed
        self.attached.add((RoleName, PolicyArn))

    def detach_role_policy(self, RoleName, PolicyArn):  # noqa: N803  # AWS's own names
        self.attached.remove((RoleName, PolicyArn))

    def create_policy(self, PolicyName, Path, PolicyDocument):  # noqa: N803  # AWS's own names
        arn = f"{BASE}:policy{Path}{PolicyName}"
        assert arn not in self.managed
        self.managed[arn] = {"default": "v1", "versions": {"v1": PolicyDocument}, "next": 2}

    def delete_policy(self, PolicyArn):  # noqa: N803  # AWS's own names
        assert 1 == len(self.managed[PolicyArn]["versions"])
        assert PolicyArn not in {policy for _, policy in self.attached}
        del self.managed[PolicyArn]

    def create_policy_version(self, PolicyArn, PolicyDocument, SetAsDefault):  # noqa: N803  # AWS's own names
        policy = self.managed[PolicyArn]
        assert len(policy["versions"]) < 5
        version = f"v{policy['next']}"
        policy["next"] += 1
        policy["versions"][version] = PolicyDocument
        if SetAsDefault:
            policy["default"] = version

    def delete_policy_version(self, PolicyArn, VersionId):  # noqa: N803  # AWS's own names
        assert VersionId != self.managed[PolicyArn]["default"]
        del self.managed[PolicyArn]["versions"][VersionId]

    def set_default_policy_version(self, PolicyArn, VersionId):  # noqa: N803  # AWS's own names
        assert VersionId in self.managed[PolicyArn]["versions"]
        self.managed[PolicyArn]["default"] = VersionId


@st.composite
def situations(draw):
    """An account, with policies of up to five versions, and a plan that was made for it."""
    names = [("a", "x"), ("a", "y"), ("b", "x")]
    inline = {name: draw(st.sampled_from(TEXTS[:2])) for name in names if draw(st.booleans())}
    managed = {arn: draw(st.sampled_from(TEXTS[:2])) for arn in POLICIES if draw(st.booleans())}
    attached = {(role, arn) for arn in managed for role in ("a", "b") if draw(st.booleans())}
    account = SmallIam(inline, managed, attached)
    for arn in managed:
        for _ in range(draw(st.integers(0, 4))):
            account.create_policy_version(arn, f'{{"old":{account.managed[arn]["next"]}}}', SetAsDefault=False)
    changes = []
    for arn in POLICIES:
        new = draw(st.sampled_from(TEXTS[2:]))
        if arn not in managed:
            changes.append(Change(ChangeKind.CREATE_POLICY, "", arn, new))
            changes.append(Change(ChangeKind.ATTACH_POLICY, HOLDERS[0], arn))
        elif draw(st.booleans()):
            changes.append(Change(ChangeKind.CREATE_POLICY_VERSION, "", arn, new, managed[arn]))
    for role, name in names:
        before, new = inline.get((role, name)), draw(st.sampled_from(TEXTS[2:]))
        if before is None or draw(st.booleans()):
            changes.append(Change(ChangeKind.PUT_INLINE_POLICY, f"{BASE}:role/{role}", name, new, before))
        else:
            changes.append(Change(ChangeKind.DELETE_INLINE_POLICY, f"{BASE}:role/{role}", name, None, before))
    changes += [Change(ChangeKind.DETACH_POLICY, f"{BASE}:role/{role}", arn) for role, arn in sorted(attached)]
    return account, Plan(HOLDERS[0], tuple(draw(st.permutations(changes)) if draw(st.booleans()) else changes))


def go(account, plan, path, *, approve=lambda change: True):
    """Apply, or go on with what a crash left."""
    record = read_journal(path) if path.exists() else None
    with Journal(path, lambda: datetime(2026, 11, 27, tzinfo=UTC), is_new=record is None) as journal:
        if record is None:
            journal.write("started", plan=plan.as_json())
        return [one.fate for one in apply_plan(account, plan, journal, approve, expected={}, record=record)]


def back(account, path):
    record = read_journal(path)
    with Journal(path, lambda: datetime(2026, 11, 28, tzinfo=UTC), is_new=False) as journal:
        return [one.fate for one in roll_back(account, record, journal)]


def is_possible(account, plan):
    """Whether every attachment comes after the policy that it attaches."""
    there = set(account.managed)
    for change in plan.changes:
        if change.kind is ChangeKind.CREATE_POLICY:
            there.add(change.policy)
        if change.kind is ChangeKind.ATTACH_POLICY and change.policy not in there:
            return False
    return True


@settings(deadline=None, max_examples=examples(40))
@given(situations(), st.integers(1, 25), st.booleans(), st.integers(1, 25), st.booleans())
def test_wherever_the_crash_falls_the_way_back_leads_home(
    tmp_path_factory, situation, first, is_after, second, is_after_back
):
    """One crash while applying, one while taking back; then both are run again."""
    account, plan = situation
    if not is_possible(account, plan):
        return
    path, home = tmp_path_factory.mktemp("j") / "j.jsonl", account.standing()

    account.left, account.is_after = first, is_after
    try:
        go(account, plan, path)
    except Crash:
        account.left = None
        fates = go(account, plan, path)
        assert {"done", "already"} >= set(fates)
    account.left, account.is_after = second, is_after_back
    try:
        back(account, path)
    except Crash:
        account.left = None
        back(account, path)

    assert home == account.standing()


@settings(deadline=None, max_examples=examples(40))
@given(situations())
def test_a_second_run_makes_no_call(tmp_path_factory, situation):
    account, plan = situation
    if not is_possible(account, plan):
        return
    folder = tmp_path_factory.mktemp("j")
    go(account, plan, folder / "a.jsonl")
    once = account.standing()

    account.left = 1
    fates = go(account, plan, folder / "b.jsonl")

    assert {"already"} >= set(fates)
    assert once == account.standing()


@settings(deadline=None, max_examples=examples(40))
@given(situations(), st.sampled_from(["a", "b"]), st.sampled_from(TEXTS))
def test_what_somebody_else_wrote_is_never_overwritten(tmp_path_factory, situation, role, text):
    """A drifted inline policy stays byte for byte, and no policy is smaller or gone afterwards."""
    account, plan = situation
    account.inline[role, "x"] = drifted = text.replace("Statement", "Other")
    kept = {name for name, _ in account.inline.items()}, set(account.attached)
    if not is_possible(account, plan) or "drifted" not in {
        one.judgement.standing.value for one in look(account, plan, {})
    }:
        return

    go(account, plan, tmp_path_factory.mktemp("j") / "j.jsonl")

    assert drifted == account.inline[role, "x"]
    assert kept[0] <= set(account.inline)
    assert kept[1] <= account.attached
