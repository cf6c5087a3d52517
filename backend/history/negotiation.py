"""What a visitor asks for beside the address: language, link type and format."""

import re
from enum import StrEnum
from typing import Final

from litestar.datastructures.headers import Accept

_LANGUAGE_RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
_LONGEST_HEADER: Final = 1_000
_GS1_VOCABULARY: Final = re.compile(r"(?:gs1:|https?://(?:ref\.|www\.)?gs1\.org/voc/)([A-Za-z]+)")
_LINKSET_WORDS: Final = ("all", "linkset")


class Language(StrEnum):
    """The two languages of the pages; the value is the language of names in the catalogue."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """As HTML and HTTP name it (BCP 47)."""
        return "zh-CN" if self is Language.ZH else "en"

    @property
    def other(self) -> "Language":
        """The language to offer."""
        return Language.EN if self is Language.ZH else Language.ZH


class Format(StrEnum):
    """The media types in which an answer can be given."""

    PAGE = "text/html"
    JSON_LD = "application/ld+json"
    LINKSET = "application/linkset+json"


class LinkType(StrEnum):
    """The link types that can be followed here (GS1 Web Vocabulary, linkType)."""

    DEFAULT = "defaultLink"
    PRODUCT_PAGE = "pip"
    CERTIFICATES = "certificationInfo"
    RECALL_STATUS = "recallStatus"
    LINKSET = "linkset"


_FOLLOWED: Final = (LinkType.DEFAULT, LinkType.PRODUCT_PAGE, LinkType.CERTIFICATES, LinkType.RECALL_STATUS)


def choose_language(asked: str | None, accept_language: str, fallback: Language) -> Language:
    """The language of the link, else the reader's best; English for a reader of neither, `fallback` where nothing is said."""
    if asked is not None and asked.lower()[:2] in tuple(Language):
        return Language(asked.lower()[:2])
    best: tuple[float, Language] | None = None
    strangers = False
    for item in accept_language[:_LONGEST_HEADER].split(","):
        match = _LANGUAGE_RANGE.fullmatch(item)
        if match is None or float(match[2] or 1) == 0:
            continue
        code, weight = match[1].lower(), float(match[2] or 1)
        if code in tuple(Language):
            if best is None or weight > best[0]:
                best = weight, Language(code)
        elif code != "*":
            strangers = True
    if best is not None:
        return best[1]
    return Language.EN if strangers else fallback


def choose_link_type(asked: str | None) -> LinkType | None:
    """The link type that is meant by a CURIE or an URI of the GS1 Web Vocabulary, or by `all`; None if it can't be followed here."""
    if not asked:
        return LinkType.DEFAULT
    if asked in _LINKSET_WORDS:
        return LinkType.LINKSET
    match = _GS1_VOCABULARY.fullmatch(asked)
    name = match[1] if match else ""
    return LinkType(name) if name in _FOLLOWED else None


def choose_format(accept: str, link_type: LinkType | None) -> Format:
    """The best of what the Accept header admits; the page for one that admits nothing of ours."""
    if link_type is LinkType.LINKSET:
        return Format.LINKSET
    best = Accept(accept[:_LONGEST_HEADER]).best_match([*Format, "application/json"], default=Format.PAGE) if accept else Format.PAGE
    return Format.JSON_LD if best == "application/json" else Format(best or Format.PAGE)
