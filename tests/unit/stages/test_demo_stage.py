"""`demo` sets up a night and writes the file that runs it again."""

from __future__ import annotations

from iamaudit.config import read_config
from iamaudit.stages.demo import make_demo


def test_the_file_beside_the_demo_runs_the_very_same_night(tmp_path):
    night = make_demo(tmp_path / "demo", days=1, seed=7)

    again = read_config(tmp_path / "demo" / "iamaudit.toml")

    assert night == again


def test_the_demo_asks_for_wildcards_so_that_administrators_fit_the_quotas(tmp_path):
    night = make_demo(tmp_path / "demo", days=1, seed=7)

    assert night.choices.wildcards
