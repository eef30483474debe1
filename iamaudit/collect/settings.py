"""An account's summary, password policy and virtual MFA devices become settings: one JSON value each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import compact
from iamaudit.collect.shape import listing, mapping, text

# What creating a device answers once and nobody should keep; listing does not bring them.
SECRET: Final = frozenset({"Base32StringSeed", "QRCodePNG"})


def add_summary(body: dict[str, Any], account_id: str, builder: CaptureBuilder) -> None:
    """Add `account_summary`: the SummaryMap as AWS gives it (domain.md §6). Raises StateError."""
    builder.add("settings", account_id=account_id, name="account_summary", value=compact(mapping(body, "SummaryMap")))


def add_password_policy(body: dict[str, Any], account_id: str, builder: CaptureBuilder) -> None:
    """Add `password_policy`; JSON `null` says that the account has none of its own (domain.md §6). Raises StateError."""
    value = mapping(body, "PasswordPolicy") or None
    builder.add("settings", account_id=account_id, name="password_policy", value=compact(value))


def add_virtual_mfa_devices(bodies: Iterable[dict[str, Any]], account_id: str, builder: CaptureBuilder) -> None:
    """Add `virtual_mfa_devices`: the list over all pages, by serial number, without seeds. Raises StateError."""
    devices = {
        text(device, "SerialNumber") or "": device for body in bodies for device in listing(body, "VirtualMFADevices")
    }
    value = [{key: item for key, item in devices[serial].items() if key not in SECRET} for serial in sorted(devices)]
    builder.add("settings", account_id=account_id, name="virtual_mfa_devices", value=compact(value))
