"""A large estate: the example organisation many times over, under other account ids, with policies of true size.

    python benchmarks/estate.py --principals 1000      # below benchmarks/.corpus/estate-1000-v1

One organisation's 90 days are written once by the world; each copy has account ids, principal ids, access keys and event
ids of its own, and is otherwise the same. To what its users and roles hold there, managed policies are attached until
each has six to ten, as people find them: some for whole jobs, most for a service, one or two of the team's own. The same
arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from corpus import CACHE
from managed_policies import Document, aws_managed, team_policy

from iamaudit.knowledge.actions import catalogue
from iamaudit.world.accounts import ACCOUNTS
from iamaudit.world.ids import unique_id
from iamaudit.world.organisation import example_organisation
from iamaudit.world.write import write_world

VERSION = 1  # of this recipe: another one makes another folder
END = date(2026, 6, 30)
DAYS = 90
SCALE = 0.3
MOST_COPIES = 25  # a letter of the ids is turned by the copy's number
ATTACHED = (6, 10)  # managed policies of a user or role: ten is AWS's quota
_IDENTIFIER = re.compile(rb"\b(AROA|AIDA|ASIA|AKIA|ANPA|AGPA|AIPA)([A-Z0-9]{16,17})\b")
_EVENT_ID = re.compile(rb'("eventID": ?")([0-9a-f]{2})')
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WHOLE_JOBS = (("PowerUserAccess", 6), ("ReadOnlyAccess", 3), ("SecurityAudit", 8))  # one principal in so many

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Estate:
    """What the note beside an estate says: users and roles that are not service-linked, and how their policies are."""

    version: int
    copies: int
    accounts: int
    principals: int
    objects: int
    attached: int
    end: str

    @property
    def as_of(self) -> str:
        """The instant to work as of."""
        return self.end


def cached(principals: int) -> Path:
    """Return the folder of an estate of at least *principals* users and roles, made if it is not there."""
    directory = CACHE / f"estate-{principals}-v{VERSION}"
    if not (directory / "estate.json").exists():
        make(directory, principals)
    return directory


def read(directory: Path) -> Estate:
    """Return what is known of the estate in *directory*."""
    return Estate(**json.loads((directory / "estate.json").read_text(encoding="utf-8")))


def make(directory: Path, principals: int) -> Estate:
    """Write `logs/`, a folder of `state/` for each organisation, and the note `estate.json`, which comes last."""
    cast = example_organisation()
    each = len(cast.users) + sum(not role.is_service_linked for role in cast.roles)
    copies = -(-principals // each)
    if copies > MOST_COPIES:
        raise SystemExit(f"`--principals {principals}` is more than {MOST_COPIES * each}: give fewer")
    shutil.rmtree(directory, ignore_errors=True)
    attached = objects = 0
    policies = aws_managed(catalogue())
    with tempfile.TemporaryDirectory() as place:
        world = write_world(Path(place) / "world", end=END, days=DAYS, scale=SCALE)
        logs = sorted(path for path in (world.logs / "AWSLogs").rglob("*.json.gz") if "Digest" not in str(path))
        texts = {path.relative_to(world.logs).as_posix(): gzip.decompress(path.read_bytes()) for path in logs}
        state = dict(map(_plain, sorted(world.state.iterdir())))
    for number in range(copies):
        own = _owner(number)
        for name, content in texts.items():
            _put(directory / "logs" / own(name.encode()).decode(), gzip.compress(own(content), 1, mtime=0))
            objects += 1
        for name, content in state.items():
            text = own(content)
            if name.startswith("authorization-details-"):
                text, count = _with_policies(text, policies, Random(f"{number}/{name}"))
                attached += count
            _put(directory / "state" / f"{number:02}" / own(name.encode()).decode(), text)
    made = Estate(VERSION, copies, copies * len(ACCOUNTS), copies * each, objects, attached, END.isoformat())
    (directory / "estate.json").write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
    return made


def _plain(path: Path) -> tuple[str, bytes]:
    """Return a state file's name and bytes; a report in base64 as the CSV it holds, so that its ids can be replaced."""
    content = path.read_bytes()
    if path.name.startswith("credential-report-") and path.suffix == ".json":
        return path.with_suffix(".csv").name, b64decode(json.loads(content)["Content"])
    return path.name, content


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _owner(number: int) -> Callable[[bytes], bytes]:
    """Return what makes ids, keys, accounts and events those of one copy: the same text always becomes the same text."""
    table = bytes.maketrans(_LETTERS, _LETTERS[number:] + _LETTERS[:number])
    accounts = [(one.id.encode(), f"{number + 10}{one.id[2:]}".encode()) for one in ACCOUNTS]

    def own(text: bytes) -> bytes:
        text = _IDENTIFIER.sub(lambda found: found[1] + found[2].translate(table), text)
        text = _EVENT_ID.sub(lambda found: found[1] + f"{int(found[2], 16) ^ number:02x}".encode(), text)
        for old, new in accounts:
            text = text.replace(old, new)
        return text.replace(b"o-exampleorg", b"o-exampleor" + _LETTERS[number : number + 1].lower())

    return own


def _with_policies(text: bytes, policies: dict[str, Document], rng: Random) -> tuple[bytes, int]:
    """Return an account's details with more policies attached, and how many attachments it has."""
    details = json.loads(text)
    account = (details["RoleDetailList"] or details["UserDetailList"])[0]["Arn"].split(":")[4]
    pool = {f"arn:aws:iam::aws:policy/{name}": one for name, one in policies.items()}
    teams = {f"arn:aws:iam::{account}:policy/team-{n}": team_policy(account, "eu-west-1", rng) for n in range(12)}
    listed = {one["Arn"] for one in details["Policies"]}
    taken: dict[str, Document] = {}
    count = 0
    for one in (*details["UserDetailList"], *details["RoleDetailList"]):
        if one["Path"].startswith("/aws-service-role/"):
            continue
        held = [entry["PolicyArn"] for entry in one["AttachedManagedPolicies"]]
        wanted = rng.randint(*ATTACHED)
        for arn in _drawn(pool, teams, rng):
            if len(held) < wanted and arn not in held:
                held.append(arn)
                taken[arn] = (pool | teams)[arn]
        one["AttachedManagedPolicies"] = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in held]
        count += len(held)
    details["Policies"] += [_policy(arn, taken[arn]) for arn in sorted(taken) if arn not in listed]
    return json.dumps(details, indent=1).encode(), count


def _drawn(pool: dict[str, Document], teams: dict[str, Document], rng: Random) -> Iterable[str]:
    whole = [f"arn:aws:iam::aws:policy/{name}" for name, of in _WHOLE_JOBS if rng.randrange(of) == 0]
    services = [arn for arn in pool if arn.rpartition("/")[2] not in {name for name, _ in _WHOLE_JOBS}]
    return [*whole, *rng.sample(sorted(teams), 2), *rng.sample(services, ATTACHED[1])]


def _policy(arn: str, content: Document) -> Json:
    version = {
        "Document": content,
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": "2024-03-01T18:20:10+00:00",
    }
    return {
        "PolicyName": arn.rpartition("/")[2],
        "PolicyId": unique_id("ANPA", arn),
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": "2015-02-06T18:39:46+00:00",
        "UpdateDate": "2024-03-01T18:20:10+00:00",
        "PolicyVersionList": [version],
    }


def main() -> None:
    """Make an estate and print what it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--principals", type=int, default=1000)
    given = parser.parse_args()
    directory = cached(given.principals)
    print(json.dumps(asdict(read(directory)) | {"directory": str(directory)}, indent=1))


if __name__ == "__main__":
    main()
