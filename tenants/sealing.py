"""Seals secrets that have to be read again with AES-256-GCM, each under its purpose, tenant and owner, with keys that can be changed."""

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


class UnreadableError(RuntimeError):
    """The key that sealed a secret isn't among the settings, or the row was tampered with: an operator has to look."""


class Sealer:
    """Seals with the current key; what a retired key has sealed can still be opened. The keys of a purpose serve for nothing else."""

    def __init__(self, settings: Settings, purpose: bytes) -> None:
        given = [settings.encryption_key, *settings.encryption_retired_keys]
        keys = [hmac.digest(signing_secret(key.get_secret_value()), purpose, "sha256") for key in given]
        self.key_id = _key_id(keys[0])
        self._keys = {_key_id(key): AESGCM(key) for key in keys}

    def seal(self, tenant_id: int, owner: UUID, secret: str) -> bytes:
        """Nonce and ciphertext, good for this owner alone, under the current `key_id`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[self.key_id].encrypt(nonce, secret.encode(), _named(tenant_id, owner))

    def open(self, tenant_id: int, owner: UUID, key_id: str, sealed: bytes) -> str:
        """The secret; raises `UnreadableError`."""
        key = self._keys.get(key_id)
        if key is None:
            raise UnreadableError(f"no encryption key {key_id} is known: put the former key into SUYUAN_ENCRYPTION_RETIRED_KEYS")
        try:
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _named(tenant_id, owner)).decode()
        except (InvalidTag, ValueError) as problem:
            raise UnreadableError("a secret isn't the one that was sealed here") from problem


def _named(tenant_id: int, owner: UUID) -> bytes:
    return tenant_id.to_bytes(8, "big") + owner.bytes


def _key_id(key: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(key).digest()[:9]).decode()
