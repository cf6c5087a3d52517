"""Renders the public pages: one HTML document without scripts, outside requests or anything that isn't escaped."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backend.catalog.languages import name_in
from backend.history.dates import write_date, write_offset, write_time, zone_named
from backend.history.document import History, Names, Place, Step, StepKind, Temperature
from backend.history.negotiation import Language
from backend.history.recall_view import banners, further
from backend.history.service import PublishedHistory
from backend.history.structured_data import as_script, json_ld
from backend.history.words import WORDS, Notice, Words
from infra import clock

LARGEST_PAGE: Final = 30_000
# Where somebody asks to be told of a recall of what a page is of.
ASK_PATH: Final = "/tell-me"
_MATERIALS_LISTED: Final = (40, 20, 10, 5, 0)
_NAME_LENGTH: Final = 80
_ONE: Final = Decimal(1)
_TENTH: Final = Decimal("0.1")
_UNITS: Final = {"CEL": "°C", "FAH": "°F", "KEL": "K"}
_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE: Final = (_TEMPLATES / "style.css").read_text(encoding="utf-8").strip()
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# Nothing may be loaded or run; the one style sheet stands in the page and is known by its hash.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
_environment.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own file


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as it is written; `until` is None where first and last event are in the same minute."""

    kind: StepKind
    at: datetime
    until: datetime | None
    same_day: bool
    offset: str
    place: Place | None
    passed: bool
    reading: str
    reading_label: str


def render_history(found: PublishedHistory, language: Language, url: str) -> bytes:
    """The page of a lot, a unit or a product; `url` is its canonical address. Materials are left out before it grows too large."""
    context = _context(found, language, url)
    materials = found.history.materials or ()
    page = b""
    for limit in _MATERIALS_LISTED:
        listed = materials[:limit]
        context |= {
            "materials": listed,
            "materials_left_out": len(materials) - len(listed),
            "any_possible": any(lot.possible for material in listed for lot in material.lots),
        }
        page = _environment.get_template("history.html").render(context).encode()
        if len(page) < LARGEST_PAGE or len(materials) == 0:
            break
    return page


def render_message(notice: Notice, language: Language, *, reference: str = "") -> bytes:
    """A page that says one thing, such as that there is nothing here."""
    context = {"language": language, "words": WORDS[language], "notice": notice, "reference": reference}
    return _environment.get_template("message.html").render(context).encode()


def _context(found: PublishedHistory, language: Language, url: str) -> dict[str, Any]:
    history, words = found.history, WORDS[language]
    steps = [_view(step, words) for step in history.steps]
    zones = {step.offset for step in steps}
    made = next((step for step in history.steps if step.kind is StepKind.MADE), None)
    zone = zone_named(history.steps[0].zone) if history.steps else UTC
    sites = {tuple(sorted((place.site or place.names).items())) for step in steps if (place := step.place)}
    return {
        "language": language,
        "words": words,
        "history": history,
        "url": url,
        "name": name_in(history.names, language),
        "publisher": found.tenant.name,
        "sandbox": found.tenant.sandbox,
        "published_at": found.published_at.astimezone(zone),
        "published_offset": write_offset(found.published_at.astimezone(zone)),
        "page_kind": words.kind_of_page if history.lot or history.serial else words.kind_of_product_page,
        # Of recalled goods nothing milder is said.
        "notice": words.statuses[history.status] if history.status and not found.recalls else None,
        "recalls": banners(history, found.recalls, words.recall, language),
        "other_recalls": further(found.recalls),
        "ask_at": "" if found.tenant.sandbox or _is_told(found) else f"{ASK_PATH}{urlsplit(url).path}?lang={language}",
        "json_ld": as_script(json_ld(history, url, found.recalls)),
        "made_on": history.produced_on or (made.at.astimezone(zone).date() if made else None),
        "made_at": made.place if made else None,
        "until": _until(history, words, zone),
        "steps": steps,
        "one_site": len(sites) == 1,
        "one_zone": zones.pop() if len(zones) == 1 else "",
        "named": lambda names: _shortened(names, language),
        "dated": lambda day: write_date(day, language),
        "written": lambda at: write_time(at, language),
    }


def _is_told(found: PublishedHistory) -> bool:
    """Whether whoever reads this knows by it that the goods are recalled."""
    one = bool(found.history.lot or found.history.serial)
    return one and any(told.notice.closed is None and not told.reach.partly for told in found.recalls)


def _shortened(names: Names, language: Language) -> str:
    name = name_in(names, language)
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"


def _until(history: History, words: Words, zone: tzinfo) -> list[tuple[str, date, bool]]:
    today = clock.now().astimezone(zone).date()
    days = ((words.expires_on, history.expires_on), (words.best_before, history.best_before))
    return [(label, day, day < today) for label, day in days if day]


def _view(step: Step, words: Words) -> StepView:
    zone = zone_named(step.zone)
    at, until = step.at.astimezone(zone), step.until.astimezone(zone)
    apart = at.replace(second=0, microsecond=0) != until.replace(second=0, microsecond=0)
    return StepView(
        step.kind, at, until if apart else None, at.date() == until.date(), write_offset(at), step.place, step.passed,
        _reading(step.temperature) if step.temperature else "", words.measured if step.kind is StepKind.INSPECTED else words.temperature,
    )  # fmt: skip


def _reading(temperature: Temperature) -> str:
    unit = _UNITS.get(temperature.uom, temperature.uom)
    low, high = temperature.low.quantize(_TENTH), temperature.high.quantize(_TENTH)
    if low == low.to_integral_value() and high == high.to_integral_value():
        low, high = low.quantize(_ONE), high.quantize(_ONE)
    written = [f"{value:f}".replace("-", "−") for value in (low, high)]
    return f"{written[0]} {unit}" if low == high else f"{written[0]} – {written[1]} {unit}"
