"""Prefixes that a client declares in the header GS1-Extensions (EPCIS 2.0 §12.1), and names written with them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Request

from backend.events.contexts import STANDARD_CONTEXT
from backend.events.vocabulary import expanded
from backend.identifiers import is_uri
from infra.errors import InvalidInputError

MOST: Final = 50


def prefixes_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Prefix and namespace of each entry "prefix=namespace". Raises `InvalidInputError` naming the header."""
    found: dict[str, str] = {}
    for header in request.headers.getall("GS1-Extensions", []):
        for entry in header.split(","):
            prefix, _, namespace = (part.strip() for part in entry.partition("="))
            if not entry.strip():
                continue
            if not prefix or ":" in prefix or not is_uri(namespace) or len(found) >= MOST:
                raise InvalidInputError(
                    f"GS1-Extensions lists up to {MOST} namespaces as prefix=https://…; it has “{entry.strip()[:60]}”.", field="GS1-Extensions"
                )
            found[prefix] = namespace
    return found


def collection(members: Iterable[str], prefixes: Mapping[str, str]) -> dict[str, Any]:
    """A JSON-LD collection as the REST binding shows it, with its names in the prefixes that were declared."""
    used: dict[str, str] = {}
    written = [_compact(member, prefixes, used) for member in members]
    return {"@context": [STANDARD_CONTEXT, used] if used else STANDARD_CONTEXT, "type": "Collection", "member": written}


def _compact(member: str, prefixes: Mapping[str, str], used: dict[str, str]) -> str:
    for prefix, namespace in prefixes.items():
        rest = member.removeprefix(namespace)
        compact = f"{prefix}:{rest}"
        if rest != member and rest and expanded(compact, {prefix: namespace}) == member:
            used[prefix] = namespace
            return compact
    return member
