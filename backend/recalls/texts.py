"""Reads what people write into a case: trimmed, bounded, in the languages that the service speaks."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from backend.nonconformance.texts import LONG, TITLE, text_of
from infra.errors import InvalidInputError

__all__ = ["LONG", "TITLE", "by_language", "countries_of", "text_of", "written"]
LANGUAGES: Final = ("zh", "en")
MOST_COUNTRIES: Final = 60


def by_language(given: Mapping[str, str], field: str, limit: int = LONG) -> dict[str, str]:
    """Texts by language, without those that are empty. Raises `InvalidInputError`."""
    if unknown := sorted(set(given) - set(LANGUAGES)):
        raise InvalidInputError(f"“{unknown[0][:20]}” is none of the languages {', '.join(LANGUAGES)}.", field=field)
    cleaned = {language: text_of(given[language], field, limit, required=False) for language in LANGUAGES if language in given}
    return {language: text for language, text in cleaned.items() if text}


def written(texts: Mapping[str, str]) -> str:
    """As it is stored."""
    return msgspec.json.encode(dict(texts), order="sorted").decode()


def countries_of(given: Sequence[str], field: str = "countries") -> tuple[str, ...]:
    """ISO 3166 codes in capitals, each once, in order. Raises `InvalidInputError`."""
    cleaned = sorted({country.strip().upper() for country in given})
    if len(cleaned) > MOST_COUNTRIES:
        raise InvalidInputError(f"Name at most {MOST_COUNTRIES} countries.", field=field)
    if wrong := next((country for country in cleaned if len(country) != 2 or not country.isascii() or not country.isalpha()), None):
        raise InvalidInputError(f"“{wrong[:20]}” is no country: write it by its two letters, like CN or DE.", field=field)
    return tuple(cleaned)
