"""Seals the secrets of second factors with AES-256-GCM, each under its person's id, with keys that can be changed."""

import base64
import hashlib
import secrets
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.settings import Settings
from tenants.tokens import signing_secret

_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"second factor of "


class SecretUnreadableError(RuntimeError):
    """The key that sealed a secret isn't among the settings, or the row was tampered with: an operator has to look."""


class Sealer:
    """Seals with the current key; what a retired key has sealed can still be opened."""

    def __init__(self, settings: Settings) -> None:
        given = [settings.encryption_key, *settings.encryption_retired_keys]
        try:
            keys = [signing_secret(key.get_secret_value()) for key in given]
        except ValueError:
            raise ValueError("SUYUAN_ENCRYPTION_KEY and its retired ones are 32 bytes each, in base64url without padding (43 characters)") from None
        self.key_id = _key_id(keys[0])
        self._keys = {_key_id(key): AESGCM(key) for key in keys}

    def seal(self, person_id: UUID, secret: bytes) -> bytes:
        """Nonce and ciphertext, good for this person alone, under the current `key_id`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[self.key_id].encrypt(nonce, secret, _PURPOSE + person_id.bytes)

    def open(self, person_id: UUID, key_id: str, sealed: bytes) -> bytes:
        """The secret; raises `SecretUnreadableError`."""
        key = self._keys.get(key_id)
        if key is None:
            raise SecretUnreadableError(f"no encryption key {key_id} is known: put the former key into SUYUAN_ENCRYPTION_RETIRED_KEYS")
        try:
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _PURPOSE + person_id.bytes)
        except (InvalidTag, ValueError) as problem:
            raise SecretUnreadableError("a second factor's secret isn't the one that was sealed for this person") from problem


def _key_id(key: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(b"suyuan encryption key" + key).digest()[:9]).decode()
