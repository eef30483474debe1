"""SQL models: the header is a promise."""

import re

import pytest

from iamaudit.engine.models import load_models, parse_model
from iamaudit.errors import PromiseBrokenError

HEADER = """\
-- name: busy
-- grain: one row per day
-- reads: usage, grant_uses
-- keys: dt,
--   account_id
-- why: because
select * from usage where dt >= $window_start and count > $least
"""


def write(folder, name, text, layer="usage"):
    path = folder / layer / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_header_is_read_into_its_parts(tmp_path):
    model = parse_model(write(tmp_path, "busy", HEADER), "usage")

    assert ("usage", "grant_uses") == model.reads
    assert ("dt", "account_id") == model.keys
    assert ("least", "window_start") == model.parameters
    assert model.sql.startswith("select * from usage")


@pytest.mark.parametrize("text", ["", "select 1", "-- name: other\nselect 1"])
def test_a_file_that_does_not_name_itself_is_refused(tmp_path, text):
    with pytest.raises(PromiseBrokenError, match="name it `busy`"):
        parse_model(write(tmp_path, "busy", text), "usage")


def test_two_models_of_one_name_are_refused(tmp_path):
    write(tmp_path, "busy", HEADER)
    write(tmp_path, "busy", HEADER, layer="grants")

    with pytest.raises(PromiseBrokenError, match="two models are called `busy`"):
        load_models(tmp_path)


@pytest.mark.parametrize("model", load_models().values(), ids=lambda model: model.name)
def test_every_model_says_what_it_reads(model):
    """A table that is read and not in the header would not be there in time."""
    known = {*load_models(), "usage", "deliveries", "coverage", "credential_use", "actions"}
    ctes = set(re.findall(r"(\w+) as (?:materialized )?\(", model.sql))
    tables = set(re.findall(r"\b(?:from|join)\s+([a-z_]+)\b(?!\()", re.sub(r"--.*", "", model.sql)))

    assert set() == (tables & known) - ctes - set(model.reads)
