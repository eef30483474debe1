"""What a user can set, with its defaults: `iamaudit.toml` or arguments."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from iamaudit.errors import ConfigError
from iamaudit.model.place import AwsAccess, Place, is_url
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.rules import exclusion_from

_KNOWN: Final = frozenset(
    {"lake", "sources", "out", "as_of", "collect", "settings", "aws", "verify", "recommend", "evaluate", "exclude"}
)
CHANGES_DAYS = 7  # how far back `what changed` looks when nobody says


@dataclass(frozen=True, slots=True)
class Settings:
    """Thresholds of the audit; days are whole days. Sources: domain.md §8 (CIS 45 days, FSBP 90 days), §2.7."""

    window_days: int = 90
    idle_password_days: int = 45
    idle_key_days: int = 45
    idle_user_days: int = 90
    idle_role_days: int = 90
    key_age_days: int = 90
    tolerated_gap_days: int = 0  # days without logs that still let "unused" be said
    grace_days: int = 14  # a grant that is younger is kept: it had no time to be used
    retire_notice_days: int = 14  # from telling the owner of something idle to disabling it
    retire_delete_days: int = 44  # from telling the owner to deleting it
    keep_unknown: bool = True  # recommendations keep what the logs could not have shown
    keep_periodic: bool = True  # and what was used before the window, when its rhythm says that it is due again

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            wanted = type(entry.default)
            if type(value) is not wanted:
                raise ConfigError(
                    f"`{entry.name}` is `{value}`: give a {'number of days' if wanted is int else 'true or false'}"
                )
            least = 0 if entry.name in {"tolerated_gap_days", "grace_days"} else 1
            if isinstance(value, int) and wanted is int and value < least:
                raise ConfigError(f"`{entry.name}` is `{value}`: give a number of days, {least} or more")
        if self.retire_delete_days < self.retire_notice_days:
            raise ConfigError(
                f"`retire_delete_days` is `{self.retire_delete_days}`: nothing is deleted before it is disabled, "
                f"give {self.retire_notice_days} (`retire_notice_days`) or more"
            )

    def parameters(self, as_of: datetime) -> dict[str, object]:
        """Return the `$name` values of the SQL models. The window ends with the last whole day before *as_of*."""
        end = as_of.date()
        try:
            start = end - timedelta(days=self.window_days)
        except OverflowError as error:
            raise ConfigError(
                f"a window of `{self.window_days}` days before {end} begins before the year 1: give fewer days"
            ) from error
        numbers = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "keep_unknown"}
        return {
            **numbers,
            "as_of": as_of,
            "window_start": start.isoformat(),
            "window_end": end.isoformat(),
            "changed_since": as_of - timedelta(days=min(CHANGES_DAYS, self.window_days)),  # which cannot overflow
        }


@dataclass(frozen=True, slots=True)
class CollectConfig:
    """Where the account state comes from: exported files, or AWS by profile, role and organisation."""

    from_files: Path | None = None
    profile: str | None = None
    role: str | None = None
    org: bool = False
    last_accessed: bool = False  # a second witness of use, for some calls per user and role: minutes
    enabled: bool = True

    def __post_init__(self) -> None:
        for name in ("profile", "role"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise ConfigError(f"`{name}` is `{value}`: give a name in quotes")
        for name in ("org", "last_accessed", "enabled"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"`{name}` is `{getattr(self, name)}`: give true or false")


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """Which days of delivery the sources are read for: all, from `since` to `until`, or the last `since_days`."""

    since: str | None = None
    until: str | None = None
    since_days: int | None = None

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise ConfigError(f'`{name}` is `{value}`: give a time in quotes, like "2026-11-23"')
        days = self.since_days
        if days is not None and (type(days) is not int or days < 1):
            raise ConfigError(f"`since_days` is `{days}`: give a number of days, 1 or more")


@dataclass(frozen=True, slots=True)
class VerifyConfig:
    """Whether the night verifies the digests of its sources, by which keys, and how far back once all of it was seen."""

    enabled: bool = False
    public_keys: Path | None = None
    days: int = 8

    def __post_init__(self) -> None:
        if not isinstance(self.enabled, bool):
            raise ConfigError(f"`enabled` is `{self.enabled}`: give true or false")
        if type(self.days) is not int or self.days < 1:
            raise ConfigError(f"`days` is `{self.days}`: give a number of days, 1 or more")


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """Whether the night evaluates what policies learnt earlier would have refused later, and once in how many days."""

    enabled: bool = True
    every_days: int = 7

    def __post_init__(self) -> None:
        if not isinstance(self.enabled, bool):
            raise ConfigError(f"`enabled` is `{self.enabled}`: give true or false")
        if type(self.every_days) is not int or self.every_days < 1:
            raise ConfigError(f"`every_days` is `{self.every_days}`: give a number of days, 1 or more")


@dataclass(frozen=True, slots=True)
class NightConfig:
    """One nightly run."""

    lake: Place
    sources: tuple[str, ...]
    out: Path
    collect: CollectConfig = field(default_factory=CollectConfig)
    settings: Settings = field(default_factory=Settings)
    as_of: str | None = None
    aws: AwsAccess = field(default_factory=AwsAccess)
    read: ReadConfig = field(default_factory=ReadConfig)
    verify: VerifyConfig = field(default_factory=VerifyConfig)
    choices: Choices = field(default_factory=Choices)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)


def read_config(path: Path) -> NightConfig:
    """Read `iamaudit.toml`; relative paths are relative to the file. Raises `ConfigError` naming the key at fault."""
    data = _read(path)
    base = path.parent
    for key in ("lake", "sources"):
        if key not in data:
            raise ConfigError(f"`{path}` lacks `{key}`: say where the {'lake is' if key == 'lake' else 'logs are'}")
    sources = data["sources"]
    if not isinstance(sources, list) or not all(isinstance(entry, str) for entry in sources):
        raise ConfigError(f"`sources` in `{path}` is `{sources}`: give a list of folders, files or URLs")
    for key in ("lake", "out"):
        if key in data and not isinstance(data[key], str):
            raise ConfigError(f"`{key}` in `{path}` is `{data[key]}`: give a folder in quotes")
    collect = dict(_table(data, "collect", path))
    if "from_files" in collect:
        if not isinstance(collect["from_files"], str):
            raise ConfigError(f"`from_files` in `{path}` is `{collect['from_files']}`: give a folder in quotes")
        collect["from_files"] = base / str(collect["from_files"])
    verify = dict(_table(data, "verify", path))
    if "public_keys" in verify:
        if not isinstance(verify["public_keys"], str):
            raise ConfigError(f"`public_keys` in `{path}` is `{verify['public_keys']}`: give a file in quotes")
        verify["public_keys"] = base / str(verify["public_keys"])
    settings = _filled(Settings, _table(data, "settings", path), "settings", path)
    aws, days = _table(data, "aws", path), {entry.name for entry in dataclasses.fields(ReadConfig)}
    return NightConfig(
        lake=data["lake"] if is_url(data["lake"]) else base / data["lake"],
        sources=tuple(entry if is_url(entry) else str(base / entry) for entry in sources),
        out=base / str(data.get("out", "iamaudit-out")),
        collect=_filled(CollectConfig, collect, "collect", path),
        settings=settings,
        as_of=None if data.get("as_of") is None else str(data["as_of"]),
        aws=_filled(AwsAccess, {name: value for name, value in aws.items() if name not in days}, "aws", path),
        verify=_filled(VerifyConfig, verify, "verify", path),
        read=_filled(ReadConfig, {name: value for name, value in aws.items() if name in days}, "aws", path),
        choices=_choices(data, path, keep_unknown=settings.keep_unknown),
        evaluate=_filled(EvaluateConfig, _table(data, "evaluate", path), "evaluate", path),
    )


def read_choices(path: Path) -> tuple[Choices, Settings]:
    """Read what an `iamaudit.toml` says of recommendations; unlike a night they need neither its `lake` nor its `sources`.

    Raises `ConfigError` naming the key at fault.
    """
    data = _read(path)
    settings: Settings = _filled(Settings, _table(data, "settings", path), "settings", path)
    return _choices(data, path, keep_unknown=settings.keep_unknown), settings


def _read(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"cannot read `{path}`: {error.strerror}; give `--config FILE`, docs/iamaudit.toml is an example"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"`{path}` is not TOML: {error}") from error
    if unknown := data.keys() - _KNOWN:
        raise ConfigError(f"`{path}` has unknown keys {sorted(unknown)}: known are {sorted(_KNOWN)}")
    return data


def _choices(data: dict[str, Any], path: Path, *, keep_unknown: bool) -> Choices:
    rules = data.get("exclude", [])
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise ConfigError(f"`exclude` in `{path}` is `{rules}`: write each rule as a table `[[exclude]]`")
    found = []
    for number, entry in enumerate(rules, 1):
        try:
            found.append(exclusion_from(entry))
        except ConfigError as error:
            raise ConfigError(f"`[[exclude]]` number {number} in `{path}` {error}") from error
    wanted = _table(data, "recommend", path)
    if set_elsewhere := wanted.keys() & {"exclude", "keep_unknown"}:
        where = "`[[exclude]]`" if "exclude" in set_elsewhere else "`[settings]`"
        raise ConfigError(f"`[recommend]` in `{path}` has `{min(set_elsewhere)}`: it belongs to {where}")
    if isinstance(wanted.get("formats"), list):
        wanted = {**wanted, "formats": tuple(map(str, wanted["formats"]))}
    filled: Choices = _filled(
        Choices, {**wanted, "keep_unknown": keep_unknown, "exclude": tuple(found)}, "recommend", path
    )
    return filled


def _table(data: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"`{key}` in `{path}` is `{value}`: write it as a table `[{key}]`")
    return value


def _filled(kind: Any, values: dict[str, Any], where: str, path: Path) -> Any:
    known = {entry.name for entry in dataclasses.fields(kind)}
    if unknown := values.keys() - known:
        raise ConfigError(f"`[{where}]` in `{path}` has unknown keys {sorted(unknown)}: known are {sorted(known)}")
    try:
        return kind(**values)
    except ConfigError as error:
        raise ConfigError(f"`[{where}]` in `{path}`: {error}") from error
