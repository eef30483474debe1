"""What a person can choose of `recommend`, on the command line and in `iamaudit.toml`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ANN = "arn:aws:iam::111122223333:user/ann"
RULE = '[[exclude]]\nprincipal = "{name}"\nowner = "Eve"\nreason = "a test"\nexpires = {expires}\n'


@pytest.fixture
def recommend(run, lake, tmp_path):
    """Run `recommend` on the small lake, days without logs accepted; return the lines by principal and the answer."""

    def recommend(*words, toml=""):
        (tmp_path / "night.toml").write_text(toml)  # no lake: `--lake` has it
        common = ("--lake", lake, "--out", tmp_path / "out", "--as-of", "2026-11-02", "--drop-unknown", "--json")
        answer = run("recommend", *common, "--config", tmp_path / "night.toml", *words)
        return {line["principal"]: line for line in answer.rows}, answer

    return recommend


def policies(line):
    plan = json.loads(Path(line["bundle"], "plan.json").read_text(encoding="utf-8"))
    return [(change["change"], json.loads(change["document"] or "null")) for change in plan["changes"]]


def test_the_default_scopes_to_what_was_used(recommend):
    lines, _ = recommend("--grace-days", "0")

    ((change, document),) = policies(lines[ANN])
    assert "put_inline_policy" == change
    assert ("iam:GetRole", "arn:aws:iam::111122223333:role/r") == (
        document["Statement"][0]["Action"],
        document["Statement"][0]["Resource"],
    )


def test_the_level_service_leaves_nothing_to_take_from_a_policy_of_one_service(recommend):
    lines, _ = recommend("--grace-days", "0", "--level", "service")

    assert "nothing_to_do" == lines[ANN]["refused_kind"]


@pytest.mark.parametrize("form", ["boundary", "scp"])
def test_nobody_is_moved_where_no_policies_are_proposed(run, lake, tmp_path, form):
    answer = run("recommend", "--lake", lake, "--out", tmp_path / "out", "--as", form, "--mine-groups")

    assert 2 == answer.code
    assert f"`--as {form}` moves nobody" in answer.err


def test_a_boundary_is_put_around_the_policies_of_today(recommend):
    lines, _ = recommend("--grace-days", "0", "--as", "boundary")

    assert ["create_policy", "put_permissions_boundary"] == [change for change, _ in policies(lines[ANN])]


def test_a_rule_keeps_a_principal_until_its_day_and_says_when_it_is_over(recommend):
    lines, _ = recommend("--grace-days", "0", toml=RULE.format(name="ann", expires="2026-11-03"))
    later, answer = recommend("--grace-days", "0", toml=RULE.format(name="ann", expires="2026-11-02"))

    assert ("protected", "excluded by Eve until 2026-11-03: a test") == (
        lines[ANN]["refused_kind"],
        lines[ANN]["refused"],
    )
    assert later[ANN]["bundle"]
    assert "an exclusion of Eve ended on 2026-11-02 and no longer holds: a test" in answer.err
    assert any("ended on 2026-11-02" in note for note in later[ANN]["certificate"]["notes"])


def test_a_rule_without_an_owner_is_one_clear_error(recommend):
    lines, answer = recommend(toml=RULE.format(name="ann", expires="2026-11-03").replace('owner = "Eve"\n', ""))

    assert (2, {}) == (answer.code, lines)
    assert "lacks `owner`: an exclusion needs an owner, a reason and the date on which it ends" in answer.line
