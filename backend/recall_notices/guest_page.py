"""Renders the page on which a customer answers: no scripts, nothing from elsewhere, every sign that somebody wrote escaped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from backend.guests.look import look_of
from backend.history.dates import write_date, write_offset, write_time, zone_named
from backend.history.negotiation import Language
from backend.recall_notices import guest_form, writing
from backend.recall_notices.content import Lot, plain, told
from backend.recall_notices.guest_form import FORWARDED_TO, NAME, NOTE, Form
from backend.recall_notices.guest_words import WORDS
from backend.recall_notices.kinds import NoticeKind
from backend.recall_notices.links import Opened
from backend.recall_notices.rules import QUANTITIES
from backend.recall_notices.stored import Answer
from backend.recall_notices.words import WORDS as NOTICE_WORDS
from backend.recall_notices.words import heading_of
from infra import clock
from tenants.directory import Tenant

LOOK: Final = look_of(Path(__file__).parent / "templates", "notice.css")
# With more lots than that, the form of one is open at a time.
FEW: Final = 4
A_PAGE: Final = 20
MOST_DELIVERIES: Final = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of lots somebody looks at (from 1), which line is open (0 for none), and the form that has to be put right."""

    page: int = 1
    line: int = 0
    form: Form | None = None


def render_notice(opened: Opened, sender: Tenant, language: Language, asked: Asked) -> bytes:
    """The notice with the forms of its lots."""
    notice, content, zone = opened.notice, opened.notice.content, zone_named(sender.time_zone)
    words, notice_words = WORDS[language], NOTICE_WORDS[str(language)]
    over = notice.closed_at is not None or notice.kind is NoticeKind.END
    state = _state(opened)
    line = asked.form.line if asked.form is not None else asked.line
    pages = max(1, -(-len(content.lots) // A_PAGE))
    page = -(-line // A_PAGE) if 1 <= line <= len(content.lots) else min(max(1, asked.page), pages)
    due = notice.due_at.astimezone(zone)
    shown = content.lots[(page - 1) * A_PAGE : page * A_PAGE]
    cards = [_card(lot, opened, asked, language, zone, is_open=lot.line == line, few=len(content.lots) <= FEW) for lot in shown]
    facts = writing.facts_of(content, notice_words, str(language))
    context = {
        "language": language, "words": words, "notice_words": notice_words, "sender": sender.name, "content": content, "notice": notice,
        "heading": heading_of(notice.kind, content.decision, notice_words), "message": words.states[state], "state": state, "over": over,
        "customer": told(content.customer, str(language)) or notice.party, "facts": facts, "due": due, "offset": write_offset(due),
        "due_written": write_time(due, language), "late": not over and state != "reported" and notice.due_at <= clock.now(),
        "instructions": writing.instructions_of(content, notice_words, str(language)), "cards": cards, "page": page, "pages": pages,
        "done": len(opened.answers), "total": len(content.lots), "quantities": words.quantities, "name": notice.acknowledged_by or "",
        "limits": {"name": NAME, "forwarded_to": FORWARDED_TO, "note": NOTE}, "opening": notice_words.openings[notice.kind],
        "problem": "" if asked.form is None else asked.form.wrong.get("line", ""), "phone_link": _dialled(content.phone),
    }  # fmt: skip
    return LOOK.render("notice.html", context)


def _state(opened: Opened) -> str:
    notice = opened.notice
    if notice.kind is NoticeKind.END:
        return "end"
    if notice.closed_at is not None:
        return "closed"
    return "reported" if notice.reported_at is not None else "acknowledged" if notice.acknowledged_at is not None else "waiting"


def _dialled(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit() or character == "+")


def _card(lot: Lot, opened: Opened, asked: Asked, language: Language, zone: tzinfo, *, is_open: bool, few: bool) -> dict[str, Any]:
    words, notice_words = WORDS[language], NOTICE_WORDS[str(language)]
    answer = opened.answers.get(lot.line)
    form = asked.form if asked.form is not None and asked.form.line == lot.line else None
    given: Mapping[str, str] = form.given if form is not None else guest_form.former(answer) if answer is not None else {}
    deliveries = [
        " · ".join(
            part for part in (
                write_date(datetime.fromisoformat(one.at).astimezone(zone).date(), language) if one.at else "",
                writing.quantity_of(one, notice_words) if one.quantity else "", one.document,
            ) if part
        )
        for one in lot.deliveries[:MOST_DELIVERIES]
    ]  # fmt: skip
    over_said = ""
    if form is not None and form.wrong.get("more") and form.said is not None:
        over_said = words.over_said.format(said=_amount(plain(form.said.total), lot, language), received=writing.quantity_of(lot, notice_words))
    return {
        "lot": lot, "name": told(lot.names, str(language)), "received": writing.quantity_of(lot, notice_words),
        "deliveries": [text for text in deliveries if text],
        "more": max(0, len(lot.deliveries) - MOST_DELIVERIES) + lot.more_deliveries, "answer": answer,
        "said": _said(answer, lot, language, zone) if answer is not None else [], "unit": writing.unit_of(lot, notice_words),
        "by": words.said.format(name=answer.said_by, time=write_time(answer.said_at.astimezone(zone), language)) if answer is not None else "",
        "given": given, "wrong": form.wrong if form is not None else {}, "over_said": over_said, "has_form": is_open or few, "is_open": is_open,
    }  # fmt: skip


def _said(answer: Answer, lot: Lot, language: Language, zone: tzinfo) -> list[tuple[str, str]]:
    """What was said of a lot, as (what, how much); with what is left of what was received."""
    words = WORDS[language]
    if answer.nothing:
        return [(words.nothing_said, "")]
    found = [(words.quantities[name][0], _amount(plain(getattr(answer, name)), lot, language)) for name in QUANTITIES if getattr(answer, name)]
    total = answer.found + answer.returned + answer.destroyed + answer.forwarded
    if answer.received is not None and total < answer.received:
        found.append((words.rest, _amount(plain(answer.received - total), lot, language)))
    return found


def _amount(number: str, lot: Lot, language: Language) -> str:
    return f"{number} {writing.unit_of(lot, NOTICE_WORDS[str(language)])}"
