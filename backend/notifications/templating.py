"""Fills templates in: `{{name}}` and nothing else, each value made harmless for the form of the message that it goes into."""

import html
import re
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Final

from infra.errors import InvalidInputError

_PLACE: Final = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
# The robots' dialects of Markdown know no escapes that all of them heed, hence the characters that mean something stand in full width.
_MARKDOWN: Final = str.maketrans("\\`*[]<>#!@|", "＼｀＊［］＜＞＃！＠｜")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
MAX_TITLE: Final = 200
MAX_BODY: Final = 4_000
MAX_VALUE: Final = 2_000


class Form(Enum):
    """What a value must be harmless in."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


def escaped(value: str, form: Form) -> str:
    """A value as it may stand in a message of this form: no markup, no control characters, nothing that turns the direction of writing."""
    plain = _CONTROL.sub(" ", value)[:MAX_VALUE]
    if form is Form.HTML:
        return html.escape(plain)
    return plain.translate(_MARKDOWN) if form is Form.MARKDOWN else plain


def fill(template: str, values: Mapping[str, str], form: Form) -> str:
    """The template with its values; its own words count as text too, and a name without a value is left empty."""
    parts: list[str] = []
    end = 0
    for found in _PLACE.finditer(template):
        parts += [_own(template[end : found.start()], form), escaped(values.get(found[1], ""), form)]
        end = found.end()
    return "".join((*parts, _own(template[end:], form)))


def _own(text: str, form: Form) -> str:
    return html.escape(text) if form is Form.HTML else text


def one_line(text: str) -> str:
    """Without line breaks, as a title or a header has to be."""
    return " ".join(text.split())


def shortened(text: str, most_bytes: int) -> str:
    """At most so many bytes of UTF-8, cut between characters, with an ellipsis where something was cut."""
    encoded = text.encode()
    return text if len(encoded) <= most_bytes else encoded[: most_bytes - 3].decode(errors="ignore") + "…"


def require_template(text: str, field: str, known: Collection[str], most: int) -> str:
    """A template as it is stored. Raises `InvalidInputError` for one that is empty, too long, or asks for a value that there is not."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > most or _CONTROL.search(cleaned):
        raise InvalidInputError(f"Write 1 to {most} characters, without control characters.", field=field)
    unknown = [name for name in _PLACE.findall(cleaned) if name not in known]
    left = _PLACE.sub("", cleaned)
    if unknown or "{{" in left or "}}" in left or "{%" in left:
        names = ", ".join(f"{{{{{name}}}}}" for name in sorted(known))
        raise InvalidInputError(f"There is no such value: {', '.join(unknown)[:200] or 'braces that name none'}. Use {names}.", field=field)
    return cleaned
