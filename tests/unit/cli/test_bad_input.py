"""Bad input is one clear line that names the file and the remedy; the rest goes on and the books show it."""

import gzip
import json

import pytest

from tests.unit.cli.conftest import allow, details, record, user

WHOLE = json.dumps({"Records": [record(1), record(2)]}).encode()


@pytest.fixture
def logs(tmp_path):
    """A folder with one good object."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "good.json.gz").write_bytes(gzip.compress(WHOLE))
    return folder


def test_a_missing_folder(run, tmp_path):
    answer = run("ingest", tmp_path / "nowhere", "--lake", tmp_path / "lake")

    assert (2, "") == (answer.code, answer.out)
    assert f"there is nothing at `{tmp_path}/nowhere`: give a folder of CloudTrail logs, or one log file" == answer.line


def test_an_empty_folder(run, tmp_path):
    (tmp_path / "empty").mkdir()

    answer = run("ingest", tmp_path / "empty", "--lake", tmp_path / "lake")

    assert 2 == answer.code
    assert "holds no files: give the folder that your trail's objects are in" in answer.line


def test_a_missing_folder_beside_a_good_one(run, logs, tmp_path):
    answer = run("ingest", tmp_path / "nowhere", logs, "--lake", tmp_path / "lake", "--json")

    assert 2 == answer.code
    assert "nowhere" in answer.line
    assert 2 == answer.rows[0]["records"]["kept"]


@pytest.mark.parametrize("source", ["ftp://host/logs", "s3://", "sqs://queue", "https://host/page"])
def test_a_place_that_no_logs_can_be_read_from(run, tmp_path, source):
    answer = run("ingest", source, "--lake", tmp_path / "lake")

    assert 2 == answer.code
    assert f"`{source}`" in answer.line


@pytest.mark.parametrize("role", ["reader", ""])
def test_a_role_that_is_no_arn(run, tmp_path, role):
    answer = run("ingest", tmp_path, "--lake", tmp_path / "lake", "--role", role)

    assert 2 == answer.code
    assert "role_arn" in answer.line


def test_a_window_that_is_no_time(run, tmp_path):
    answer = run("ingest", tmp_path, "--lake", tmp_path / "lake", "--since", "yesterday")

    assert 2 == answer.code
    assert "`yesterday`" in answer.line


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"this is not a log", "not_json: it is neither JSON nor JSON lines"),
        (gzip.compress(WHOLE)[:60], "damaged_gzip: the gzip stream is cut off before its end"),
        (gzip.compress(WHOLE) + b"tail", "damaged_gzip: 4 bytes follow the end of the gzip stream"),
        (b"\x1f\x8bgarbage garbage garbage", "damaged_gzip: the gzip stream is damaged"),
    ],
    ids=["not gzip", "half a gzip", "bytes behind", "garbage"],
)
@pytest.mark.parametrize("json_flag", [(), ("--json",)])
def test_an_object_that_cannot_be_read(run, logs, tmp_path, data, reason, json_flag):
    (logs / "bad.json.gz").write_bytes(data)

    answer = run("ingest", logs, "--lake", tmp_path / "lake", *json_flag)
    books = run("lake", "status", "--lake", tmp_path / "lake", "--json").rows[0]

    assert 2 == answer.code
    assert answer.line.startswith(f"set aside `bad.json.gz`: {reason}")
    assert "fetch it again from the trail's bucket and ingest it" in answer.line
    assert {"ingested": 1, "set_aside": 1} == books["objects"]
    assert {"in": 2, "kept": 2, "ignored": {}, "set_aside": {}} == books["records"]


def test_a_broken_object_is_told_once_and_not_every_night(run, logs, tmp_path):
    (logs / "bad.json.gz").write_bytes(b"no")
    run("ingest", logs, "--lake", tmp_path / "lake")

    answer = run("ingest", logs, "--lake", tmp_path / "lake", "--json")

    assert (0, "") == (answer.code, answer.err)
    assert 2 == answer.rows[0]["objects"]["already_ingested"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (5, "not_an_object"),
        ({"some": "thing"}, "not_a_cloudtrail_record"),
        (record(3, eventVersion="2.0"), "unknown_event_version"),
        (record(3, eventTime="yesterday"), "bad_event_time"),
        (record(3, eventTime=None), "no_event_time"),
    ],
)
def test_a_record_that_cannot_be_read(run, logs, tmp_path, bad, reason):
    """The object could be read, so nothing needs to be fetched again: the line tells, the exit code does not."""
    (logs / "mixed.jsonl").write_bytes(b"\n".join(json.dumps(entry).encode() for entry in (record(4), bad, record(5))))

    answer = run("ingest", logs, "--lake", tmp_path / "lake", "--json")

    assert 0 == answer.code
    assert (
        f"set aside 1 of 3 records of `mixed.jsonl`: {reason} 1; look at them in the lake's quarantine" == answer.line
    )
    assert {"in": 5, "kept": 4, "ignored": {}, "set_aside": {reason: 1}} == answer.rows[0]["records"]
    assert [answer.line] == answer.rows[0]["problems"]


def test_a_name_with_steering_characters_stays_on_its_line(run, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a\n\x1b[31mb.json").write_bytes(b"no")

    answer = run("ingest", tmp_path / "logs", "--lake", tmp_path / "lake")

    assert "a\\u000a\\u001b[31mb.json" in answer.line


def test_a_policy_that_does_not_parse(run, tmp_path):
    """It is told when it is collected; who holds it gets no proposal, the others are judged."""
    bad = {"Version": "2012-10-17", "Statement": [{"Effect": "Alow", "Action": "s3:*", "Resource": "*"}]}
    state = tmp_path / "state"
    state.mkdir()
    (state / "details.json").write_text(json.dumps(details(user("ann", bad), user("bob", allow("iam:ListUsers")))))

    collected = run("collect", "--from-files", state, "--lake", tmp_path / "lake", "--as-of", "2026-11-02")
    proposed = run(
        "recommend", "--lake", tmp_path / "lake", "--out", tmp_path / "out", "--as-of", "2026-11-02", "--json"
    )

    assert 0 == collected.code
    assert "user/ann#p0: policy `p0`, statement 1: Effect is `Alow`: write `Allow` or `Deny`" in collected.err
    assert 2 == proposed.code
    assert "no bundle for arn:aws:iam::111122223333:user/ann: policy `p0`" in proposed.err
    assert ["unreadable", "coverage"] == [row["refused_kind"] for row in proposed.rows]


@pytest.mark.parametrize("content", [None, {}, {"notes.txt": b"hello"}, {"a.json": b'{"some": "json"}'}])
def test_state_that_is_not_there(run, tmp_path, content):
    if content is not None:
        (tmp_path / "state").mkdir()
        for name, data in content.items():
            (tmp_path / "state" / name).write_bytes(data)

    answer = run("collect", "--from-files", tmp_path / "state", "--lake", tmp_path / "lake")

    assert 2 == answer.code
    assert f"{tmp_path}/state" in answer.line


@pytest.mark.parametrize("verb", ["usage", "grants", "audit", "query", "recommend", "report"])
def test_no_lake(run, tmp_path, verb):
    more = ["--out", tmp_path / "out"] if verb in {"recommend", "report"} else []

    answer = run(verb, "--lake", tmp_path / "lake", *more)

    assert 2 == answer.code
    assert f"there is no lake at `{tmp_path}/lake`: run `iamaudit ingest SOURCE --lake" in answer.line
    assert not (tmp_path / "lake").exists()


def test_a_folder_that_is_not_a_lake(run, logs, tmp_path):
    answer = run("ingest", logs, "--lake", logs)

    assert 2 == answer.code
    assert "exists and is not a lake: give an empty or a new folder" in answer.line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--as-of", "yesterday"], "`yesterday` is not a time: write it like 2026-11-23 or 2026-11-23T02:15:00Z"),
        (["--as-of", "0001-01-01"], "begins before the year 1: give fewer days"),
        (["--window", "99999999"], "begins before the year 1: give fewer days"),
        (["--window", "0"], "0 is not in the range"),
        (["--window", "many"], "'many' is not a valid integer"),
        (["--check", "no_such_check"], "there is no check `no_such_check`: known are access_key_age,"),
        (["--fail-on", "dreadful"], "'dreadful' is not one of"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_wrong_words(run, lake, words, expected):
    answer = run("audit", "--lake", lake, *words)

    assert (2, "") == (answer.code, answer.out)
    assert expected in answer.line


def test_a_verb_that_is_not_there(run):
    answer = run("frobnicate")

    assert 2 == answer.code
    assert "No such command 'frobnicate'; see `iamaudit --help`" == answer.line


@pytest.mark.parametrize("sql", ["select * from nope", "selec", "", "select $x", "set timezone = 'nowhere'"])
def test_a_query_that_does_not_run(run, lake, sql):
    answer = run("query", "--lake", lake, sql)

    assert 2 == answer.code
    assert answer.line.startswith("the query ")


@pytest.mark.parametrize("verb", ["map", "simulate"])
def test_a_file_that_is_not_there(run, tmp_path, verb):
    answer = run(verb, tmp_path / "nowhere.json")

    assert 2 == answer.code
    assert f"cannot read `{tmp_path}/nowhere.json`" in answer.line


@pytest.mark.parametrize("data", [b"hello", b"\xff\xfe", b"5", b"[" * 3000])
def test_map_of_what_is_not_a_log(run, data):
    answer = run("map", "-", stdin=data)

    assert 2 == answer.code
    assert answer.line.startswith("cannot read `standard input`: ")


def test_map_of_another_file_of_aws(run):
    answer = run("map", stdin=json.dumps(details()).encode())

    assert 2 == answer.code
    assert "`standard input` is a state file, not CloudTrail records" == answer.line


@pytest.mark.parametrize("data", [b"hello", b"5", b"\xff", b"[" * 100_000])
def test_simulate_names_the_line(run, data):
    answer = run("simulate", stdin=b"\n" + data)

    assert 2 == answer.code
    assert "line 2 of `standard input` is not " in answer.line


@pytest.mark.parametrize("data", [b"hello", b"\xd0\x00", b"5", b"{}", b'{"Statement": 5}'])
def test_compare_names_the_file_or_what_is_wrong(run, tmp_path, data):
    (tmp_path / "old.json").write_text(json.dumps(allow("s3:*")))
    (tmp_path / "new.json").write_bytes(data)

    answer = run("compare", tmp_path / "old.json", tmp_path / "new.json")

    assert 2 == answer.code
    assert "new.json" in answer.line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "cannot read"),
        ("lake = ", "is not TOML"),
        ('lake = "l"\nsources = ["s"]\ncolour = 1', "has unknown keys ['colour']: known are"),
        ('sources = ["s"]', "lacks `lake`: say where the lake is"),
        ('lake = "l"', "lacks `sources`: say where the logs are"),
        ('lake = "l"\nsources = "s"', "`sources` in `"),
        ('lake = 5\nsources = ["s"]', "`lake` in `"),
        ('lake = "l"\nsources = ["s"]\nsettings = 5', "write it as a table `[settings]`"),
        ('lake = "l"\nsources = ["s"]\n[settings]\nspeed = 1', "has unknown keys ['speed']"),
        ('lake = "l"\nsources = ["s"]\n[settings]\nwindow_days = "90"', "`window_days` is `90`: give a number of days"),
        ('lake = "l"\nsources = ["s"]\n[settings]\nwindow_days = true', "`window_days` is `True`: give a number"),
        ('lake = "l"\nsources = ["s"]\n[settings]\nwindow_days = 0', "`window_days` is `0`: give a number of days, 1"),
        ('lake = "l"\nsources = ["s"]\n[settings]\nkeep_unknown = 1', "`keep_unknown` is `1`: give a true or false"),
        ('lake = "l"\nsources = ["s"]\n[collect]\norg = "yes"', "`org` is `yes`: give true or false"),
        ('lake = "l"\nsources = ["s"]\n[collect]\nfrom_files = 5', "give a folder in quotes"),
    ],
)
def test_a_config_that_cannot_be_used(run, tmp_path, text, expected):
    path = tmp_path / "iamaudit.toml"
    if text is not None:
        path.write_text(text)

    answer = run("nightly", "--config", path)

    assert 2 == answer.code
    assert expected in answer.line
    assert str(path) in answer.line


def test_a_scenario_with_an_element_twice_is_refused(run):
    text = b'{"id":"a","request":{"principal":"111122223333","action":"s3:Get","resource":"*"},"policies":{"identity":'
    text += b'[{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}]}}'

    answer = run("simulate", stdin=text)

    assert 2 == answer.code
    assert "line `a`: statement 1: the key `Effect` stands twice in one object: merge the two" == answer.line


def test_a_byte_order_mark_before_scenarios_is_no_mistake(run):
    text = '\ufeff{"id":"a","request":{"principal":"111122223333","action":"s3:Get","resource":"*"},"policies":{}}'

    answer = run("simulate", stdin=text.encode())

    assert ["Allowed"] == [row["decision"] for row in answer.rows]


def test_a_place_that_cannot_be_written_is_one_line(run, tmp_path):
    (tmp_path / "file").write_text("")

    answer = run("demo", "--dir", tmp_path / "file" / "demo")

    assert 2 == answer.code
    assert f"cannot use `{tmp_path}/file/demo" in answer.line
    assert "Not a directory; name another place, or mend this one" in answer.line


@pytest.mark.parametrize("verb", ["recommend", "report"])
def test_a_file_is_no_folder_for_what_is_written(run, lake, tmp_path, verb):
    (tmp_path / "file").write_text("")

    answer = run(verb, "--lake", lake, "--out", tmp_path / "file")

    assert 2 == answer.code
    assert f"Directory '{tmp_path}/file' is a file" in answer.line


def test_bundles_that_are_nowhere_are_not_watched_in_silence(run, lake, tmp_path):
    """That nothing was refused would be believed."""
    answer = run("watch", "--lake", lake, "--bundles", tmp_path / "nowhere")

    assert 2 == answer.code
    assert f"there is no folder `{tmp_path}/nowhere`: name the one that `iamaudit recommend --out` wrote" == answer.line


@pytest.mark.parametrize("verb", ["usage", "grants"])
def test_a_principal_of_whom_there_is_nothing_is_named(run, lake, verb):
    """A misspelt name and a principal without use must not look the same."""
    answer = run(verb, "--lake", lake, "--as-of", "2026-11-03", "--principal", "ann", "--json")

    assert (0, "") == (answer.code, answer.out)
    assert "nothing for `ann`: give the ARN of a user or role" in answer.line


def test_a_resource_that_is_no_arn_is_not_explained(run, lake):
    ann = "arn:aws:iam::111122223333:user/ann"

    answer = run("explain", "--lake", lake, "--principal", ann, "--action", "iam:GetRole", "--resource", "role/r")

    assert 2 == answer.code
    assert "`role/r` is no ARN" in answer.line
