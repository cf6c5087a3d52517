"""Reads papers, parties, places and dates out of events' bodies and told texts. No I/O."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from backend.catalog.attributes import local_name
from backend.events.timestamps import parse_timestamp
from backend.fsma204.elements import Cte
from backend.fsma204.values import Day, Paper
from backend.identifiers import DIGITAL_LINK_ROOT, IdentifierRole, InvalidIdentifierError, is_uri, parse_identifier

_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):([0-9]{2})", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_COMPACT: Final = re.compile(r"[0-9]{8}", re.ASCII)
_GLN: Final = re.compile(r"[0-9]{13}", re.ASCII)
_STEM: Final = f"{DIGITAL_LINK_ROOT}414/"
_STEM_LENGTH: Final = len(_STEM) + 13
# The kinds of a source or destination, the physical one first: the rule asks where the food went, not who owns it.
_PARTY_KINDS: Final = ("location", "possessing_party", "owning_party")
_PAPERS: Final = {
    "bol": "Bill of lading", "desadv": "Despatch advice (ASN)", "recadv": "Receiving advice", "po": "Purchase order",
    "poc": "Purchase order confirmation", "inv": "Invoice", "prodorder": "Production order", "rma": "Return merchandise authorization",
    "cert": "Certificate", "pedigree": "Pedigree", "testprd": "Test procedure", "testres": "Test result", "upevt": "Upload event",
}  # fmt: skip
_PREFERRED: Final = {
    Cte.SHIPPING: ("bol", "desadv", "po", "inv"), Cte.RECEIVING: ("recadv", "bol", "desadv", "po", "inv"),
    Cte.RECEIVING_EXEMPT: ("recadv", "bol", "desadv", "po", "inv"),
}  # fmt: skip
_PRODUCTION: Final = ("prodorder", "po")
PLACE_SLOTS: Final = ("tlc_source", "farm", "harvester", "cooled_at", "seed_grower", "seed_conditioner", "seed_packer", "seed_supplier")


def place_key(text: str) -> str | None:
    """The canonical URI of a place or party in any form; None for what is no identifier."""
    cleaned = text.strip()
    if _GLN.fullmatch(cleaned):
        cleaned = f"(414){cleaned}"
    elif not is_uri(cleaned):
        return None
    try:
        return parse_identifier(cleaned, role=IdentifierRole.TYPED if cleaned.startswith("(") else IdentifierRole.PLACE).uri
    except InvalidIdentifierError:
        return None


def gln_of(place: str) -> str | None:
    """The GLN of which a place is an extension."""
    return place[:_STEM_LENGTH] if place.startswith(_STEM) and len(place) > _STEM_LENGTH else None


def places_told(told: Mapping[str, str]) -> Iterator[str]:
    """The places among what an event tells."""
    yield from (told[slot] for slot in PLACE_SLOTS if slot in told)


def parties(body: Mapping[str, Any]) -> Iterator[str]:
    """Every source and destination of an event."""
    yield from (party for party in (source_of(body), destination_of(body)) if party)


def source_of(body: Mapping[str, Any]) -> str | None:
    """From whom it came: the physical place where it is told, else who held or owned it."""
    return _party(body.get("sourceList"), "source")


def destination_of(body: Mapping[str, Any]) -> str | None:
    """To whom it goes, by the same order."""
    return _party(body.get("destinationList"), "destination")


def _party(listed: Any, member: str) -> str | None:
    found: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get(member), str):
            found.setdefault(local_name(str(item.get("type", ""))), place_key(item[member]) or item[member])
    return next((found[kind] for kind in _PARTY_KINDS if kind in found), next(iter(found.values()), None))


def source_place(body: Mapping[str, Any]) -> str | None:
    """The physical place that goods left, where a source of that kind is told."""
    for item in body.get("sourceList") or ():
        if local_name(str(item.get("type", ""))) == "location" and isinstance(item.get("source"), str):
            return place_key(item["source"])
    return None


def paper_of(body: Mapping[str, Any], told: Mapping[str, str], cte: Cte) -> Paper | None:
    """The reference document: as an extension says, else the business transaction that is usual for such an event, else any."""
    if told.get("paper_number") or told.get("paper_type"):
        return Paper(told.get("paper_type", ""), told.get("paper_number", ""))
    found: dict[str, str] = {}
    for item in body.get("bizTransactionList") or ():
        if isinstance(item, Mapping) and isinstance(item.get("bizTransaction"), str):
            found.setdefault(local_name(str(item.get("type") or "")).lower(), item["bizTransaction"])
    for kind in (*_PREFERRED.get(cte, _PRODUCTION), *found):
        if kind in found:
            return Paper(_PAPERS.get(kind, kind.replace("_", " ").capitalize() or "Business transaction"), number_of(found[kind]))
    return None


def number_of(uri: str) -> str:
    """A document's number as people write it: the last part of the URI that stands for it."""
    last = re.split(r"[/:#]", uri.rstrip("/"))[-1]
    return last or uri


def in_offset(at: datetime, offset: str) -> datetime:
    """A moment in the zone of an EPCIS offset ("+08:00")."""
    found = _OFFSET.fullmatch(offset)
    if found is None:
        return at.astimezone(UTC)
    minutes = int(found[2]) * 60 + int(found[3])
    return at.astimezone(timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes)))


def day_of(text: str) -> Day | None:
    """A day in what was told: a date, or a date and time with its own zone, whose day counts as it was written there."""
    cleaned = text.strip()
    compact = _COMPACT.fullmatch(cleaned)
    if compact:
        cleaned = f"{cleaned[:4]}-{cleaned[4:6]}-{cleaned[6:]}"
    if not _DAY.match(cleaned):
        return None
    try:
        day = date.fromisoformat(cleaned[:10])
    except ValueError:
        return None
    moment = parse_timestamp(cleaned) if len(cleaned) > 10 else None
    return Day(day, moment)
