"""The README shows what the tool prints."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_examples_are_what_the_tool_prints(tmp_path, monkeypatch):
    """`python tools/make_readme.py` writes them anew."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import make_readme

    readme = (ROOT / "README.md").read_text()

    assert readme == make_readme.filled(readme, make_readme.examples(tmp_path / "demo"))
