"""House rules of the SQL models: what a header must say, and the documents that repeat it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.config import Settings
from iamaudit.engine.models import Model, load_models
from tools.make_sql_readme import readme

ROOT = Path(__file__).resolve().parents[2]
MODELS = load_models()
READ_BY_FINDINGS = {name for model in MODELS.values() if model.layer == "findings" for name in model.reads}
FINDINGS = [model for model in MODELS.values() if model.layer == "findings" and model.name not in READ_BY_FINDINGS]
ALWAYS = ("name", "grain", "reads", "keys")
OF_A_FINDING = ("severity", "practice", "standards", "remediation")
PRACTICES = {
    "never use root",
    "policies on groups",
    "conditions",
    "least privilege",
    "MFA",
    "strong passwords",
    "unique keys and temporary credentials",
    "remove idle credentials",
    "review and monitor",
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
every_finding = pytest.mark.parametrize("model", FINDINGS, ids=lambda model: model.name)


def test_there_are_models_and_findings():
    assert MODELS
    assert FINDINGS


@every_model
def test_a_header_says_everything_in_one_order(model: Model):
    form = ("form",) if "form" in model.header else ()
    expected = [*ALWAYS, *(OF_A_FINDING if model in FINDINGS else ()), *form, "why"]

    assert expected == list(model.header)
    assert model.form in {"table", "view"}


@every_model
def test_nothing_in_a_header_is_empty(model: Model):
    assert [] == [name for name, value in model.header.items() if not value.strip()]


@every_model
def test_a_grain_says_what_one_row_is(model: Model):
    assert model.header["grain"].startswith("one row per ")


@every_model
def test_a_model_is_one_select(model: Model):
    words = re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", model.sql)).lower()

    assert words.startswith(("select", "with"))
    assert ";" not in words
    assert not re.search(r"\b(create|insert|update|delete|attach|copy|pragma)\b", words)


@every_model
def test_a_parameter_is_a_setting_or_the_window(model: Model):
    assert set(model.parameters) <= set(Settings().parameters(datetime(2026, 7, 1, tzinfo=UTC)))


@every_finding
def test_a_finding_has_a_severity(model: Model):
    assert model.header["severity"] in {"critical", "high", "medium", "low"}


@every_finding
def test_a_finding_belongs_to_one_of_the_nine_practices(model: Model):
    assert len(PRACTICES) == 9
    assert model.header["practice"] in PRACTICES


@every_finding
def test_a_finding_is_told_in_the_documents_as_in_its_header(model: Model):
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    line = " · ".join(model.header[name] for name in ("severity", "practice", "standards"))

    assert f"### {model.name}\n\n{line}\n\n" in text


def test_the_documents_tell_of_no_finding_that_is_gone():
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")

    assert sorted(model.name for model in FINDINGS) == sorted(re.findall(r"^### (.*)$", text, re.MULTILINE))


def test_the_readme_of_the_models_is_what_their_headers_say():
    text = (ROOT / "sql" / "README.md").read_text(encoding="utf-8")

    assert readme() == text, "run `python tools/make_sql_readme.py`"
