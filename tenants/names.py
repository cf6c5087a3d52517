"""What people and companies are called: one rule for every name that is shown."""

import unicodedata
from typing import Final

from infra.errors import InvalidInputError

MAX_NAME: Final = 200


def require_name(name: str, field: str) -> str:
    """The name as it is stored (NFC, trimmed); raises `InvalidInputError` for none, too long a one, or control characters."""
    text = unicodedata.normalize("NFC", name[: MAX_NAME * 4]).strip()
    fits = len(name) <= MAX_NAME * 4 and 1 <= len(text) <= MAX_NAME
    if not fits or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InvalidInputError(f"The name must have 1 to {MAX_NAME} characters, none of them a control character.", field=field)
    return text
