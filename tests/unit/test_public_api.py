"""The public names: what a notebook finds under `iamaudit`."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import iamaudit


@pytest.mark.parametrize("name", iamaudit.__all__)
def test_a_public_name_is_not_a_room(name):
    """`collect`, `usage`, `recommend` and `report` are functions and packages of one name: the function wins."""
    for room in pkgutil.iter_modules(iamaudit.__path__):
        importlib.import_module(f"iamaudit.{room.name}")

    assert not inspect.ismodule(getattr(iamaudit, name))
    assert callable(getattr(iamaudit, name))


def test_every_public_name_is_documented():
    silent = [name for name in iamaudit.__all__ if not inspect.getdoc(getattr(iamaudit, name))]

    assert [] == silent


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match="open_lake"):
        iamaudit.lakes  # noqa: B018  # the look-up is what is tested


def test_importing_the_package_imports_nothing_heavy():
    code = "import iamaudit, sys; print(sorted({'pandas', 'duckdb', 'pyarrow', 'boto3', 'prefect'} & set(sys.modules)))"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == answer.stdout.strip()


def test_a_notebook_completes_the_public_names():
    assert sorted(iamaudit.__all__) == dir(iamaudit)
