"""Renders the page on which a supplier answers: no scripts, nothing from elsewhere, every sign that somebody wrote escaped."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from backend.capa.guest_words import WORDS
from backend.capa.requests import LIMITS, Opened
from backend.capa.rules import ANSWERABLE, RequestStatus
from backend.catalog.languages import name_in
from backend.guests.look import look_of
from backend.history.dates import write_offset, write_time, zone_named
from backend.history.negotiation import Language
from infra import clock
from tenants.directory import Tenant

LOOK: Final = look_of(Path(__file__).parent / "templates", "guest.css")


def render_request(
    opened: Opened, sender: Tenant, language: Language, *, given: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None
) -> bytes:
    """The request with the form; `given` stands in the form, `wrong` says what has to be put right in it."""
    request, words, zone = opened.request, WORDS[language], zone_named(sender.time_zone)
    waiting = request.status in (RequestStatus.SENT, RequestStatus.ACKNOWLEDGED, RequestStatus.SENT_BACK)
    last = opened.answers[0] if opened.answers else None

    def written(at: datetime) -> str:
        return write_time(at.astimezone(zone), language)

    due = request.due_at.astimezone(zone)
    context = {
        "language": language, "words": words, "sender": sender.name, "request": request, "status": request.status,
        "notice": words.status[int(request.status)], "comment": last.comment if last and request.status is RequestStatus.SENT_BACK else "",
        "due": due, "offset": write_offset(due), "late": waiting and request.due_at <= clock.now(), "received": request.acknowledged_at,
        "written": written, "lots": [(code, name_in(names, language) if names else "") for code, names in opened.lots],
        "answerable": request.status in ANSWERABLE, "answers": opened.answers, "limits": LIMITS, "wrong": wrong or {},
        "given": given if given is not None else _former(opened),
    }  # fmt: skip
    return LOOK.render("guest.html", context)


def _former(opened: Opened) -> Mapping[str, str]:
    """An answer that was sent back is put right, and not written again."""
    if opened.request.status is not RequestStatus.SENT_BACK or not opened.answers:
        return {}
    return {name: str(getattr(opened.answers[0], name)) for name in LIMITS}
