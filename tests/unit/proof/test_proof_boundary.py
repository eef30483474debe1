"""A bundle of the boundary form says which boundary, and that today's policies stay."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.recommend.boundary import NOTE
from iamaudit.recommend.propose import propose
from tests.unit.proof.test_proof_bundle import EVIDENCE

FOLDER = "111122223333/role/app"
ARN = "arn:aws:iam::111122223333:policy/app-boundary"


def files_of(evidence=EVIDENCE):
    proposal = propose(evidence, catalogue(), form="boundary")
    files = bundle_files(evidence, proposal, prove(evidence, proposal, catalogue()))
    return {path.removeprefix(f"{FOLDER}/"): content.decode() for path, content in files.items()}


@pytest.fixture(scope="module")
def files():
    return files_of()


def test_the_certificate_names_the_boundary_and_what_stays(files):
    proof = json.loads(files["certificate.json"])

    assert ("app-boundary", ARN, True) == tuple(proof["boundary"][name] for name in ("name", "arn", "policies_stay"))
    minified = json.dumps(json.loads(files["boundary.json"]), separators=(",", ":"))
    assert len(minified) == proof["boundary"]["characters"]
    assert "under the proposed permissions boundary" in proof["method"]["replay"]
    assert "policies stay" in proof["method"]["widening"]


def test_the_page_says_that_todays_policy_stays_under_the_boundary(files):
    page = files["diff.md"]

    assert "today's 1 policy of 1 statement stays as it is, under the boundary `app-boundary`" in page
    assert "within the boundary" in page


def test_the_difference_is_the_boundary_alone(files):
    lines = files["diff.md"].partition("```diff\n")[2].split("\n")

    assert ["--- no boundary", "+++ boundary app-boundary"] == lines[:2]
    assert not [line for line in lines[2:] if line.startswith("-")]


def test_plan_and_rollback_name_it(files):
    assert {"file": "boundary.json", "policy_id": ARN} == json.loads(files["plan.json"])["boundary"]
    assert None is json.loads(files["rollback.json"])["permissions_boundary"]


def test_bundles_of_policies_say_nothing_of_boundaries():
    proposal = propose(EVIDENCE, catalogue())
    files = bundle_files(EVIDENCE, proposal, prove(EVIDENCE, proposal, catalogue()))

    told = b"".join(files[f"{FOLDER}/{name}"] for name in ("plan.json", "rollback.json", "certificate.json", "diff.md"))
    assert b"boundary" not in told.replace(b"policies and boundary", b"")


@pytest.mark.parametrize(("kind", "is_told"), [("role", True), ("user", False)])
def test_what_resource_policies_grant_is_limited_for_roles_alone(kind, is_told):
    """A resource's policy that names a user is not limited by an implicit denial of its boundary (domain.md §3.2)."""
    evidence = replace(EVIDENCE, kind=kind, arn=f"arn:aws:iam::111122223333:{kind}/app")

    proposal = propose(evidence, catalogue(), form="boundary")

    assert is_told == (NOTE in proposal.notes)
