"""Whose answer a file is, where the answer itself does not say: names of files and folders, or the only candidate."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from iamaudit.errors import StateError
from iamaudit.model.arn import parse_arn

_TWELVE_DIGITS: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
# Words of the commands themselves, which are no names of trails or principals.
_COMMAND: Final = re.compile(
    r"(get[-_ ]?)?(trail[-_ ]?status|event[-_ ]?selectors|service[-_ ]?last[-_ ]?accessed([-_ ]?details)?)",
    re.IGNORECASE,
)


def account_in(path: PurePosixPath, known: Collection[str]) -> str | None:
    """Return the account id that a file's name tells, else the nearest folder's; None when none does.

    Of several numbers those of *known* accounts count; a number that reads as a date and minute (`202611232230`)
    is an account only when it is known. Raises StateError when two accounts remain.
    """
    for part in reversed(path.parts):
        found: set[str] = set(_TWELVE_DIGITS.findall(part))
        candidates = found & set(known) or {number for number in found if not _is_minute(number)}
        if len(candidates) > 1:
            raise StateError(f"its name holds the ids of {len(candidates)} accounts: leave one in `{part}`")
        if candidates:
            return candidates.pop()
    return None


def _is_minute(number: str) -> bool:
    try:
        return datetime.strptime(number, "%Y%m%d%H%M").year in range(2000, 2100)  # noqa: DTZ007 -- only whether it is one
    except ValueError:
        return False


def owner_account(path: PurePosixPath, known: Collection[str]) -> str:
    """Return the account of a file that carries none: by name, else the only one of the folder. Raises StateError."""
    named = account_in(path, known)
    if named:
        return named
    if len(known) == 1:
        return next(iter(known))
    cause = f"there are {len(known)} in the folder" if known else "there is none in the folder"
    raise StateError(
        f"it does not say which account it is of, and {cause}: put the 12-digit account id into its name "
        "or into the name of its folder"
    )


def named_arn(path: PurePosixPath, arns: Iterable[str], *, what: str) -> str:
    """Return which of *arns* a file is about: the one whose name is in the file's name, else the only one.

    A name inside a longer candidate's name gives way to it; equal names are told apart by account and region in the
    path. Raises StateError when none or several remain; *what* is the noun of the message (`trail`).
    """
    candidates = sorted(set(arns))
    words = _COMMAND.sub(" ", path.name)
    named = {arn for arn in candidates if _contains(words, _name(arn))}
    named = {
        arn for arn in named if not any(_name(arn) != _name(other) and _name(arn) in _name(other) for other in named)
    }
    if len(named) > 1:
        whole = path.as_posix()
        for part in ("account", "region"):
            narrower = {
                arn
                for arn in named
                if (parsed := parse_arn(arn)) and getattr(parsed, part) and getattr(parsed, part) in whole
            }
            named = narrower or named
    if len(named) == 1:
        return named.pop()
    if not named and len(candidates) == 1:
        return candidates[0]
    cause = (
        f"{len(named)} match its name"
        if named
        else f"{len(candidates)} are in the folder and its name has none of theirs"
    )
    raise StateError(f"it does not say which {what} it is of, and {cause}: put the {what}'s name into the file's name")


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _contains(words: str, name: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", words, re.IGNORECASE) is not None
