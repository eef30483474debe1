"""Names in the production account of the shop that both its grants and its habits use."""

from __future__ import annotations

from typing import Final

from iamaudit.world.accounts import SHOP_PROD as ACCOUNT
from iamaudit.world.ids import guid_of, hexadecimal

KEY_ID: Final = guid_of("kms", ACCOUNT, "shop")
SSO_ADMIN: Final = f"AWSReservedSSO_AdministratorAccess_{hexadecimal('sso', ACCOUNT, 'admin', length=16)}"
SSO_READ: Final = f"AWSReservedSSO_ReadOnly_{hexadecimal('sso', ACCOUNT, 'read', length=16)}"
