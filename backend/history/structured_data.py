"""The same facts for programs: schema.org JSON-LD, and the linkset of a resolver (RFC 9264, GS1-Conformant resolver standard)."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from backend.catalog.languages import UNDETERMINED
from backend.history.document import History
from backend.history.negotiation import Language
from backend.history.recall_view import headline_of, instructions_of
from backend.history.service import ToldRecall
from backend.history.words import WORDS

VOCABULARY: Final = "https://gs1.org/voc/"
_TOLD: Final = 5


def json_ld(history: History, url: str, recalls: Sequence[ToldRecall] = ()) -> dict[str, Any]:
    """A schema.org Product; IndividualProduct for a unit. `url` is the canonical address of its page.

    Each recall is a SpecialAnnouncement about it: schema.org has no word of its own for a recall.
    """
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "IndividualProduct" if history.serial else "Product",
        "@id": url,
        "url": url,
        "gtin": history.gtin,
        "name": [_in_language(language, name) for language, name in history.names.items()],
    }
    if history.serial:
        described["serialNumber"] = history.serial
    if history.produced_on:
        described["productionDate"] = history.produced_on.isoformat()
    properties = [
        _property(name, value)
        for name, value in (
            ("lotNumber", history.lot),
            ("itemExpirationDate", history.expires_on and history.expires_on.isoformat()),
            ("bestBeforeDate", history.best_before and history.best_before.isoformat()),
        )
        if value
    ]
    if properties:
        described["additionalProperty"] = properties
    if history.certificates:
        described["hasCertification"] = [{"@type": "Certification", "url": address} for address in history.certificates]
    if recalls:
        described["subjectOf"] = [_announcement(history, told, url) for told in recalls[:_TOLD]]
    return described


def _announcement(history: History, told: ToldRecall, url: str) -> dict[str, Any]:
    notice = told.notice
    described: dict[str, Any] = {
        "@type": "SpecialAnnouncement",
        "identifier": notice.number,
        "category": "Product recall",
        "creativeWorkStatus": "Closed" if notice.closed else "Active",
        "url": url,
        "name": [_in_language(language, headline_of(history, told, WORDS[language].recall)) for language in Language],
        "text": [_in_language(language, instructions_of(notice, WORDS[language].recall, language)) for language in Language],
    }
    if notice.hazard:
        described["abstract"] = notice.hazard
    if notice.announced:
        described["datePosted"] = notice.announced.isoformat()
    if notice.closed:
        described["expires"] = notice.closed.isoformat()
    contact = {name: value for name, value in (("telephone", notice.phone), ("email", notice.email)) if value}
    if contact:
        described["publisher"] = {"@type": "Organization", "contactPoint": {"@type": "ContactPoint", "contactType": "product recall", **contact}}
    if told.reach.lots:
        described["about"] = [
            {"@type": "Product", "gtin": history.gtin, "additionalProperty": [_property("lotNumber", lot)]} for lot in told.reach.lots
        ]
    return described


def _in_language(tag: str, name: str) -> dict[str, str]:
    """A name with its language, unless nobody told it."""
    language = Language(tag).tag if tag in tuple(Language) else tag
    return {"@value": name} if tag == UNDETERMINED else {"@language": language, "@value": name}


def _property(name: str, value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": f"{VOCABULARY}{name}", "name": name, "value": value}


def linkset(history: History, url: str) -> dict[str, Any]:
    """What can be followed from here, by link type; `url` is the canonical address."""
    pages = [
        {"href": f"{url}?lang={language}", "title": _title(history, language), "type": "text/html", "hreflang": [language.tag]}
        for language in Language
    ]
    links: dict[str, Any] = {
        "anchor": url,
        f"{VOCABULARY}defaultLink": [{"href": url, "title": _title(history, Language.ZH)}],
        f"{VOCABULARY}pip": pages,
        # The same page says whether the goods are recalled, and what to do.
        f"{VOCABULARY}recallStatus": [{**page, "title": WORDS[language].recall.heading} for page, language in zip(pages, Language, strict=True)],
    }
    if history.certificates:
        links[f"{VOCABULARY}certificationInfo"] = [{"href": address, "title": WORDS[Language.EN].certificates} for address in history.certificates]
    return {"linkset": [links]}


def _title(history: History, language: Language) -> str:
    words = WORDS[language]
    return words.kind_of_page if history.lot or history.serial else words.kind_of_product_page


def as_script(data: dict[str, Any]) -> str:
    """JSON that stands inside a script element: nothing in it can end the element or be read as markup."""
    text = msgspec.json.encode(data).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
