"""Renders the page on which a supplier answers: no scripts, nothing from elsewhere, every sign that somebody wrote escaped."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backend.capa.guest_words import WORDS
from backend.capa.requests import LIMITS, Opened
from backend.capa.rules import ANSWERABLE, RequestStatus
from backend.catalog.languages import name_in
from backend.history import page as history_page
from backend.history.dates import write_offset, write_time, zone_named
from backend.history.negotiation import Language
from backend.history.words import WORDS as SHARED_WORDS
from backend.history.words import Notice
from infra import clock
from tenants.directory import Tenant

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SHARED: Final = Path(history_page.__file__).parent / "templates"
_STYLE: Final = "\n".join((folder / name).read_text(encoding="utf-8").strip() for folder, name in ((_SHARED, "style.css"), (_TEMPLATES, "guest.css")))
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_environment = Environment(
    loader=FileSystemLoader([_TEMPLATES, _SHARED]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own files


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
    return _environment.get_template("guest.html").render(context).encode()


def _former(opened: Opened) -> Mapping[str, str]:
    """An answer that was sent back is put right, and not written again."""
    if opened.request.status is not RequestStatus.SENT_BACK or not opened.answers:
        return {}
    return {name: str(getattr(opened.answers[0], name)) for name in LIMITS}


def render_notice(notice: Notice, language: Language, *, reference: str = "") -> bytes:
    """A page that says one thing, such as that the link opens nothing."""
    words = SHARED_WORDS[language]
    context = {"language": language, "words": words, "notice": notice, "reference": reference}
    return _environment.get_template("message.html").render(context).encode()
