"""Names in several languages: which tags there are (BCP 47), which name a reader is given, and what a set of names may hold."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from infra.errors import InvalidInputError

Names = Mapping[str, str]

NAME_LENGTH: Final = 200
# More than the official languages of the European Union and those of East Asia together.
MOST_LANGUAGES: Final = 40
LONGEST_TAG: Final = 35
# The tag of a name whose language nobody told (RFC 5646 §4.1): shown where a reader's own languages have none.
UNDETERMINED: Final = "und"

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
# Chinese is one language in two scripts, and regions tell which (RFC 5646 §2.2.3): 简体 readers come before 繁體 ones and the reverse.
_TRADITIONAL: Final = frozenset({"zh-TW", "zh-HK", "zh-MO", "zh-Hant"})
_LAST: Final = ("zh", "en")


@lru_cache(maxsize=512)
def normal_tag(tag: str) -> str | None:
    """A language tag in the case that RFC 5646 §2.1.1 recommends ("zh-Hant-HK"); None for what is no tag."""
    if len(tag) > LONGEST_TAG or not _TAG.fullmatch(tag):
        return None
    first, *others = tag.split("-")
    parts, single = [first.lower()], False
    for part in others:
        single = single or len(part) == 1
        parts.append(
            part.lower() if single else part.upper() if len(part) == 2 else part.title() if len(part) == 4 and part.isalpha() else part.lower()
        )
    return "-".join(parts)


def _traditional(tag: str) -> bool:
    return any(tag == known or tag.startswith(f"{known}-") for known in _TRADITIONAL)


def _fits(tag: str, wanted: str) -> tuple[int, str]:
    """How far a name's language is from the one wanted, of the same language: less is nearer."""
    if tag == wanted:
        return (0, tag)
    if wanted.startswith(f"{tag}-"):
        # Looking up drops subtags from the end (RFC 4647 §3.4); the longest that is left comes first. Plain "zh" is mainland Chinese.
        far = tag == "zh" and _traditional(wanted)
        return (4 if far else 1, f"{99 - len(tag)}")
    if wanted.partition("-")[0] == "zh":
        return (2 if _traditional(tag) == _traditional(wanted) else 5, tag)
    return (3, tag)


def name_in(names: Names, languages: str | Sequence[str]) -> str:
    """The name for a reader of these languages, most wanted first: exactly that tag, else the nearest of the same language (Chinese by
    script), else one of no language, else the Chinese, the English or any other; empty where there is none.
    """
    for wanted in (languages,) if isinstance(languages, str) else languages:
        if found := names.get(wanted):
            return found
        stem = wanted.partition("-")[0]
        alike = [tag for tag, name in names.items() if name and (tag == stem or tag.startswith(f"{stem}-"))]
        if alike:
            return names[min(alike, key=lambda tag: _fits(tag, wanted))]
    if found := names.get(UNDETERMINED):
        return found
    for wanted in _LAST:
        alike = [tag for tag, name in names.items() if name and tag.partition("-")[0] == wanted]
        if alike:
            return names[min(alike, key=lambda tag: _fits(tag, wanted))]
    return next((name for name in names.values() if name), "")


@lru_cache(maxsize=256)
def languages_of(accept_language: str) -> tuple[str, ...]:
    """The languages of a header Accept-Language in the order of their quality (RFC 9110 §12.5.4); empty where it names none."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:200].split(",")):
        tag, _, parameter = part.strip().partition(";")
        language = normal_tag(tag.strip())
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language and 0 < quality <= 1:
            found.append((-quality, place, language))
    return tuple(dict.fromkeys(language for _, _, language in sorted(found)))[:10]


def encode_names(names: Names, field: str) -> str:
    """Names as they are stored. Raises `InvalidInputError` for none, too many, too long ones, and for what is no language tag."""
    if not names:
        raise InvalidInputError(f"“{field}” is empty: give a name in zh, en or another language.", field=field)
    if len(names) > MOST_LANGUAGES:
        raise InvalidInputError(f"“{field}” has {len(names)} languages; at most {MOST_LANGUAGES} are kept.", field=field)
    kept: dict[str, str] = {}
    for language, name in names.items():
        tag = normal_tag(language)
        if tag is None:
            raise InvalidInputError(f"“{language[:40]}” is no language tag; write one like zh-TW, en or ja (BCP 47).", field=field)
        if tag in kept:
            raise InvalidInputError(f"“{field}” has two names in {tag}; give one.", field=field)
        if not usable(name):
            raise InvalidInputError(f"The name in {tag} must have 1 to {NAME_LENGTH} characters and at least one that can be seen.", field=field)
        kept[tag] = name
    return msgspec.json.encode(kept).decode()


def usable(name: str) -> bool:
    """Whether a text can stand as a name."""
    return 0 < len(name) <= NAME_LENGTH and bool(name.strip()) and "\x00" not in name


def merged(names: Names, told: Names) -> dict[str, str]:
    """Names with those told in place of, or beside, what stood there; never more languages than are kept."""
    return dict(list({**names, **told}.items())[:MOST_LANGUAGES])
