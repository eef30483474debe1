"""One smoke test per flow, over one temporary Prefect server; the logic is tested through plain functions."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from iamaudit.config import CollectConfig, NightConfig, Settings, VerifyConfig
from iamaudit.lake.lake import create_lake
from iamaudit.world import small_world
from tests.properties.small_config import ACCOUNT, read_config, snapshot, user

END = date(2026, 6, 30)
AS_OF = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture(name="server", scope="module")
def _server():
    from prefect.testing.utilities import prefect_test_harness

    import pipelines  # noqa: F401  # its settings come before prefect's import

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(name="world", scope="session")
def _world(tmp_path_factory):
    return small_world(tmp_path_factory.mktemp("world"), end=END)


def night_in(place, world):
    """Return the configuration of a night in a folder of its own."""
    return NightConfig(
        lake=place / "lake",
        sources=(str(world.logs),),
        out=place / "out",
        collect=CollectConfig(from_files=world.state),
        settings=Settings(window_days=9),
        as_of=END.isoformat(),
    )


@pytest.fixture(name="night")
def _night(world, tmp_path):
    return night_in(tmp_path, world)


@pytest.fixture(name="first", scope="module")
def _first(server, world, tmp_path_factory):
    """A usual night, once for all tests that look at what it left."""
    from pipelines.nightly import run_nightly

    return run_nightly(night_in(tmp_path_factory.mktemp("first"), world))


@pytest.mark.filterwarnings("default")
class TestNight:
    def test_a_night_ends_with_a_report_and_balanced_books(self, first, world):
        assert () == first.problems
        assert world.events <= first.records.kept
        assert first.findings
        assert first.report["html"].is_file()
        assert 0 == first.exit_code

    @pytest.mark.slow
    def test_a_second_night_reads_nothing_twice(self, server, night):
        from pipelines.nightly import run_nightly

        first = run_nightly(night)
        second = run_nightly(night)

        assert first.records.kept > 0
        assert 0 == second.records.records_in
        assert [f.finding_id for f in first.findings] == [f.finding_id for f in second.findings]
        assert {True} == {entry.is_unchanged for entry in second.recommendations if not entry.shared}
        assert [entry.certificate for entry in first.recommendations] == [
            entry.certificate for entry in second.recommendations
        ]

    def test_one_bad_source_and_no_state_do_not_stop_the_night(self, server, night, tmp_path):
        from pipelines.nightly import run_nightly

        broken = replace(
            night,
            sources=(str(tmp_path / "nowhere"), *night.sources),
            collect=CollectConfig(from_files=tmp_path / "no-state"),
        )

        result = run_nightly(broken)

        assert result.records.kept > 0
        assert result.report["html"].is_file()
        assert 2 == result.exit_code
        assert any("nowhere" in problem for problem in result.problems)
        assert any("no-state" in problem for problem in result.problems)

    def test_a_night_leaves_artifacts_that_people_can_read(self, first):
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:  # its read_artifacts sends nulls that this server refuses
            answer = client.request("POST", "/artifacts/filter", json={}).json()
        kept = [(artifact["key"], str(artifact["data"])) for artifact in answer]  # of every night of this server
        assert any(key == "report" and "# " in data for key, data in kept)
        assert any(key == "findings" and "check" in data for key, data in kept)

    @pytest.mark.slow
    def test_the_night_takes_what_config_recorded_of_an_account_that_nobody_collected(self, server, night):
        from pipelines.nightly import run_nightly

        read_config(create_lake(night.lake), snapshot(user("ann", at="2026-06-01T00:00:00Z")))

        result = run_nightly(replace(night, collect=CollectConfig(enabled=False)))

        assert "2026-06-01T00:00:00Z" == result.collected.captured_at
        assert [ACCOUNT] == list(result.collected.accounts)
        assert 0 == result.exit_code

    @pytest.mark.slow
    def test_the_night_verifies_the_digests_and_tells_what_is_wrong(self, server, night, world, tmp_path):
        from pipelines.nightly import run_nightly

        logs = tmp_path / "logs"
        shutil.copytree(world.logs, logs)
        victim = min(path for path in logs.rglob("*.json.gz") if "/CloudTrail/" in path.as_posix())
        checked = replace(
            night, sources=(str(logs),), verify=VerifyConfig(enabled=True), collect=CollectConfig(enabled=False)
        )

        fine = run_nightly(checked)
        victim.unlink()
        harmed = run_nightly(replace(checked, lake=tmp_path / "another"))

        assert () == fine.problems
        assert any("1 missing" in problem for problem in harmed.problems)
        assert "log_missing" in {finding.check for finding in harmed.findings}

    def test_the_flows_run_one_by_one(self, server, night, tmp_path):
        from pipelines.audit import audit_flow
        from pipelines.collect import collect_flow
        from pipelines.ingest import ingest_flow
        from pipelines.recommend import recommend_flow

        books = ingest_flow(night.sources, night.lake)
        state = collect_flow(night.lake, night.collect, AS_OF)
        findings = audit_flow(night.lake, night.settings, AS_OF)
        recommended = recommend_flow(night.lake, night.settings, AS_OF, tmp_path / "bundles")

        assert books[0].records.kept > 0
        assert state.accounts
        assert findings
        assert any(entry.bundle for entry in recommended)


def test_serving_without_a_server_says_what_to_do(tmp_path, monkeypatch):
    import pipelines.nightly as module
    from iamaudit.errors import ConfigError

    class Unset:
        def value(self):
            return None

    monkeypatch.setattr(module, "PREFECT_API_URL", Unset())

    with pytest.raises(ConfigError, match="prefect server start"):
        module.serve_nightly(tmp_path / "iamaudit.toml", "15 2 * * *")
