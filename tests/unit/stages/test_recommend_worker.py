"""Processes of its own change nothing of a recommendation but the time it takes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from iamaudit.errors import InputError
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.known import Known
from iamaudit.stages import recommend_worker
from iamaudit.stages.recommend import _worked_out as bundle
from iamaudit.stages.recommend_worker import worked_out

ACCOUNT = "111122223333"
TEXT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
KNOWN = Known(seen=("arn:aws:s3:::b/a",))


def role(number):
    arn = f"arn:aws:iam::{ACCOUNT}:role/app-{number:02}"
    current = CurrentPolicy(f"{arn}#today", "today", "inline", arn, parse(TEXT), TEXT)
    uses = (ObservedUse("s3:GetObject", f"arn:aws:s3:::b/{number}"),)
    return PrincipalEvidence(arn, ACCOUNT, "role", f"app-{number:02}", (current,), uses=uses, known=KNOWN)


def refuse(entry):
    if entry.name.endswith("7"):
        raise InputError(f"`{entry.name}` is not liked")
    return entry.name


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(recommend_worker, "WORTH_A_PROCESS", 1)


def written(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("small")
def test_two_processes_write_the_very_bytes_of_one(tmp_path):
    roles = [role(number) for number in range(8)]
    work = [partial(bundle, out=tmp_path / name, choices=Choices()) for name in ("one", "two")]

    one = worked_out(roles, work[0], workers=1)
    two = worked_out(roles, work[1], workers=2)

    assert [entry.arn for entry in roles] == [result.principal for result in two]
    assert [result.certificate for result in one] == [result.certificate for result in two]
    assert written(tmp_path / "one") == written(tmp_path / "two")
    assert len(written(tmp_path / "two")) > 8 * 5


@pytest.mark.usefixtures("small")
def test_what_goes_wrong_in_a_worker_is_raised_here():
    with pytest.raises(InputError, match="`app-07` is not liked"):
        worked_out([role(number) for number in range(12)], partial(refuse), workers=2)


@pytest.mark.usefixtures("small")
def test_a_principal_keeps_what_is_known_of_resources_on_its_way():
    entries = [role(1), replace(role(2), known=Known())]

    assert [1, 0] == worked_out(entries, _seen, workers=2)


def _seen(entry):
    return len(entry.known.seen)


def test_few_principals_need_no_processes(monkeypatch):
    monkeypatch.setattr(recommend_worker, "_Worker", None)
    steps = []

    worked_out([role(1), role(2)], refuse, workers=8, progress=lambda *step: steps.append(step))

    assert [(1, 2, "principals"), (2, 2, "principals")] == steps
