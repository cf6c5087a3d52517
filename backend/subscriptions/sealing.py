"""Seals subscribers' secrets with AES-256-GCM, each under its tenant and subscription, with the settings' keys that can be changed."""

import base64
import hashlib
import hmac
import secrets
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.settings import Settings
from tenants.tokens import signing_secret

_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"suyuan signature tokens of subscriptions"


class TokenUnreadableError(RuntimeError):
    """The key that sealed a token isn't among the settings, or the row was tampered with: an operator has to look."""


class TokenSealer:
    """Seals with the current key; what a retired key has sealed can still be opened. The keys serve for nothing else."""

    def __init__(self, settings: Settings) -> None:
        given = [settings.encryption_key, *settings.encryption_retired_keys]
        keys = [hmac.digest(signing_secret(key.get_secret_value()), _PURPOSE, "sha256") for key in given]
        self.key_id = _key_id(keys[0])
        self._keys = {_key_id(key): AESGCM(key) for key in keys}

    def seal(self, tenant_id: int, subscription_id: UUID, token: str) -> bytes:
        """Nonce and ciphertext, good for this subscription alone, under the current `key_id`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[self.key_id].encrypt(nonce, token.encode(), _owner(tenant_id, subscription_id))

    def open(self, tenant_id: int, subscription_id: UUID, key_id: str, sealed: bytes) -> str:
        """The token; raises `TokenUnreadableError`."""
        key = self._keys.get(key_id)
        if key is None:
            raise TokenUnreadableError(f"no encryption key {key_id} is known: put the former key into SUYUAN_ENCRYPTION_RETIRED_KEYS")
        try:
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _owner(tenant_id, subscription_id)).decode()
        except (InvalidTag, ValueError) as problem:
            raise TokenUnreadableError("a signature token isn't the one that was sealed for this subscription") from problem


def _owner(tenant_id: int, subscription_id: UUID) -> bytes:
    return tenant_id.to_bytes(8, "big") + subscription_id.bytes


def _key_id(key: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(key).digest()[:9]).decode()
