"""What makes an event the same event, and what makes it say the same (MODEL: Events)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from backend.events.canonical import ErrorDeclaration
from backend.events.canonical_json import canonical_json, canonical_json_of_plain


def event_key(event_id: str | None, event_hash: str, declaration: ErrorDeclaration | None, declared: Any) -> str:
    """`e:` and the event id, or `h:` and the event hash; an error declaration has `d:`, the same id or hash, its time and its digest.

    `declared` is the declaration as it stands in the body. Two declarations about one event are two events unless they say the same.
    """
    if declaration is None:
        return f"h:{event_hash}" if event_id is None else f"e:{event_id}"
    moment = declaration.declaration_time.astimezone(UTC).isoformat()
    return f"d:{event_id or event_hash} {moment} {hashlib.sha256(canonical_json(declared)).hexdigest()}"


def content_sha256(body: dict[str, Any], namespaces: dict[str, str], context: Sequence[Any], *, plain_numbers: bool) -> bytes:
    """SHA-256 over the canonical JSON of the body and, where extensions depend on them, of the namespaces and foreign contexts.

    `plain_numbers` promises that every number in the body is written by `str` as canonical JSON writes it, which saves time.
    """
    digest = hashlib.sha256(canonical_json_of_plain(body) if plain_numbers else canonical_json(body))
    if namespaces:
        digest.update(canonical_json(namespaces))
    foreign = [entry for entry in context if isinstance(entry, str)]
    if foreign:
        digest.update(canonical_json(foreign))
    return digest.digest()
