"""House rules of the Python code: first lines, names, prints, and who may import what."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("iamaudit", "pipelines")


def python_files(folder: str) -> Iterator[Path]:
    """Yield a folder's files of Python; what is hidden is not entered, since an environment may be there."""
    for place, inner, names in os.walk(ROOT / folder):
        inner[:] = [name for name in inner if not name.startswith((".", "__pycache__"))]
        yield from (Path(place, name) for name in names if name.endswith(".py") and not name.startswith("."))


FILES = sorted(path for folder in (*PACKAGES, "tests", "tools", "benchmarks") for path in python_files(folder))
PRODUCT = [path for path in FILES if path.relative_to(ROOT).parts[0] in PACKAGES]
ONLY_IN = {
    "duckdb": ("iamaudit/engine/",),
    "prefect": ("pipelines/",),
    "boto3": ("iamaudit/sources/", "iamaudit/collect/", "iamaudit/apply/"),
    "botocore": ("iamaudit/sources/", "iamaudit/collect/", "iamaudit/apply/"),
}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Return the top names of everything a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_there_is_code_to_judge():
    assert len(PRODUCT) > 100


def test_every_file_begins_with_a_line_that_says_what_it_is():
    silent = [named(path) for path in FILES if not (ast.get_docstring(tree(path)) or "").partition("\n")[0].strip()]

    assert [] == silent


def test_no_module_has_a_name_that_says_nothing():
    banned = {"util", "utils", "helper", "helpers", "common", "misc", "shared"}

    assert [] == [named(path) for path in FILES if banned & {path.stem, *path.relative_to(ROOT).parts[:-1]}]


def test_only_the_command_line_prints():
    calls = [
        f"{named(path)}:{node.lineno}"
        for path in PRODUCT
        if not named(path).startswith("iamaudit/cli/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert [] == calls


@pytest.mark.parametrize(("library", "folders"), ONLY_IN.items(), ids=list(ONLY_IN))
def test_a_library_is_imported_only_where_it_belongs(library, folders):
    users = [named(path) for path in PRODUCT if library in imported(path)]

    assert [] == [name for name in users if not name.startswith(folders)]
    assert users, f"nobody imports `{library}`: take the rule away"


def test_no_test_hides_another_of_the_same_name():
    hidden: list[str] = []
    for path in FILES:
        for scope in ast.walk(tree(path)):
            if isinstance(scope, ast.Module | ast.ClassDef):
                names = [node.name for node in scope.body if isinstance(node, ast.FunctionDef)]
                twice = {name for name in names if name.startswith("test_") and names.count(name) > 1}
                hidden += [f"{named(path)}: {name}" for name in twice]

    assert [] == hidden


def test_no_two_test_files_have_the_same_name():
    names = [path.name for path in FILES if path.name.startswith("test_")]

    assert [] == sorted({name for name in names if names.count(name) > 1})
