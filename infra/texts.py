"""Reads what people write: trimmed, bounded, and without what can't be stored."""

from infra.errors import InvalidInputError

_WHY = "write it, so that others understand what was found or done."


def text_of(value: str, field: str, limit: int, *, required: bool = True, why: str = _WHY) -> str:
    """The text without white space around it; raises `InvalidInputError`, for one that lacks with what it is needed for."""
    cleaned = value.strip()
    if required and not cleaned:
        raise InvalidInputError(f"“{field}” is empty: {why}", field=field)
    if len(cleaned) > limit or "\x00" in cleaned:
        raise InvalidInputError(f"“{field}” is longer than {limit} characters or holds a NUL; shorten it.", field=field)
    return cleaned


def optional_text(value: str | None, field: str, limit: int) -> str | None:
    """The same for what may be left out; None for white space alone."""
    return (text_of(value, field, limit, required=False) or None) if value is not None else None
