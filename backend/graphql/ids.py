"""Opaque global ids: a type and a public id, which say nothing of how many there are and open nothing by being guessed."""

import base64
import binascii
from uuid import UUID

from strawberry import ID


def global_id(kind: str, public_id: str | UUID) -> ID:
    """The id of a node: its type's name and its public id."""
    return ID(base64.urlsafe_b64encode(f"{kind}:{public_id}".encode()).decode().rstrip("="))


def parse_global_id(text: str) -> tuple[str, str] | None:
    """(type, public id), or None for what can't be an id of ours."""
    if len(text) > 2_000 or not text.isascii():
        return None
    try:
        kind, separator, public_id = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (kind, public_id) if separator and "\x00" not in public_id else None


def uuid_of(text: str, kind: str) -> UUID | None:
    """The UUID in a global id of this type; None for any other text, so that it answers like an id that does not exist."""
    parsed = parse_global_id(text)
    if parsed is None or parsed[0] != kind:
        return None
    return parse_uuid(parsed[1])


def parse_uuid(text: str) -> UUID | None:
    """A UUID in its usual form, or None."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
