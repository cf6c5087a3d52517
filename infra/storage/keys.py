"""Object keys: chosen by the server, from an alphabet in which no key can be read in two ways, each under its owner's prefix."""

import re
from uuid import UUID

from infra.storage.errors import InvalidKeyError

MAX_KEY_LENGTH = 512
# No leading dot, so neither `.` nor `..`; nothing that a URL, a path or a shell would encode, fold or expand.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_KEY_PREFIX = re.compile(rf"(?:{_SEGMENT}/)*(?:{_SEGMENT})?")


def require_key(key: str) -> str:
    """The key itself; InvalidKeyError unless it is made of plain segments joined by single slashes."""
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise InvalidKeyError(_words(key), field="key")
    return key


def require_key_prefix(prefix: str) -> str:
    """The beginning of keys, the empty one included; InvalidKeyError where no key could begin so."""
    if len(prefix) > MAX_KEY_LENGTH or not _KEY_PREFIX.fullmatch(prefix):
        raise InvalidKeyError(_words(prefix), field="prefix")
    return prefix


def _words(key: str) -> str:
    return (
        f"{key[:80]!r} isn't an object key: use letters, digits, '.', '_' and '-' in segments joined by '/', "
        f"none of them beginning with a dot, {MAX_KEY_LENGTH} characters at most."
    )


class TenantPrefix:
    """The part of a bucket that belongs to one tenant: every key that begins with the tenant's public id and a slash.

    Code that acts for a tenant names objects relative to it and so can't address anybody else's.
    """

    __slots__ = ("_root",)

    def __init__(self, public_id: UUID) -> None:
        self._root = f"{public_id}/"

    def key(self, relative: str) -> str:
        """The full key of what the tenant calls `relative`."""
        return self._root + require_key(relative)

    def beginning(self, relative: str) -> str:
        """The full beginning of the keys that begin with `relative`; never less than the tenant's own."""
        return self._root + require_key_prefix(relative)

    def relative(self, key: str) -> str:
        """What the tenant calls a full key; InvalidKeyError where the key is outside of the prefix."""
        inner = key.removeprefix(self._root)
        if inner == key:
            raise InvalidKeyError(f"{key[:80]!r} isn't under {self._root}", field="key")
        return require_key(inner)
