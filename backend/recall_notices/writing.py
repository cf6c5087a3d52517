"""Writes the mail of a notice: what, why, which lots, what to do, by when; as text and as HTML, every word of others escaped. No I/O."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from backend.history.dates import write_offset, write_time
from backend.history.negotiation import Language
from backend.recall_notices.content import Content, Delivered, Lot, told
from backend.recall_notices.kinds import NoticeKind
from backend.recall_notices.words import WORDS, NoticeWords, heading_of
from backend.units.symbols import symbol

# A mail tells so many lots; the page has all of them.
MOST_IN_A_MAIL: Final = 30
MOST_TITLE: Final = 150
_STYLE_BODY: Final = (
    "margin:0;padding:16px;font-family:system-ui,'PingFang SC','Microsoft YaHei',sans-serif;line-height:1.6;color:#1d2125;background:#f4f2ee"
)
_STYLE_CARD: Final = "max-width:600px;margin:auto;padding:24px;background:#fff;border-top:4px solid #a3271c"
_STYLE_CELL: Final = "padding:8px 8px 8px 0;border-bottom:1px solid #dedad2;text-align:left;vertical-align:top;font-size:14px"
_STYLE_BUTTON: Final = (
    "display:inline-block;margin:20px 0 8px;padding:13px 22px;background:#a3271c;color:#fff;text-decoration:none;border-radius:6px;font-weight:600"
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's subject and both of its forms; the link stands behind the text by itself."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the mail is about besides the notice's content. `opening` replaces the first sentence, in a reminder."""

    kind: NoticeKind
    due_at: datetime
    zone: tzinfo
    link: str
    reminder: str = ""


def write(content: Content, facts: Facts, language: str) -> Mail:
    """The mail in a language."""
    words = WORDS[language]
    heading = heading_of(facts.kind, content.decision, words)
    marked = f"{words.reminder}{words.separator}{heading}" if facts.reminder else heading
    subject = f"【{marked}】{content.title}（{content.case_number}）" if language == "zh" else f"{marked}: {content.title} ({content.case_number})"
    return Mail(one_line(subject), _text(content, facts, words, language), _page(content, facts, words, language, marked))


def one_line(text: str) -> str:
    """A subject: one line of bounded length, in which nothing can hide."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= MOST_TITLE else f"{shown[: MOST_TITLE - 1]}…"


def quantity_of(lot: Lot | Delivered, words: NoticeWords) -> str:
    """A quantity with its unit."""
    return f"{lot.quantity} {unit_of(lot, words)}" if lot.quantity else words.unknown_quantity


def unit_of(lot: Lot | Delivered, words: NoticeWords) -> str:
    """The sign of the unit in which a quantity is told."""
    return symbol(lot.uom) or words.pieces


def day_of(at: str, zone: tzinfo) -> str:
    """The day of a delivery by the sender's clock."""
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d") if at else ""


def contact_lines(content: Content) -> list[str]:
    """Whom to call."""
    return [text for text in (content.phone, content.email) if text]


def facts_of(content: Content, words: NoticeWords, language: str) -> list[tuple[str, str]]:
    """What is told of the recall itself, as (what, text), without what is empty."""
    what = " · ".join(
        part for part in (
            words.decisions.get(content.decision, ""), words.recall_class.format(content.recall_class) if content.recall_class else "",
            words.depths.get(content.depth, ""),
        ) if part
    )  # fmt: skip
    number = f"{content.case_number}（{what}）" if what and language == "zh" else f"{content.case_number} ({what})" if what else content.case_number
    return [(name, text) for name, text in ((words.number, number), (words.reason, content.reason), (words.hazard, content.hazard)) if text]


def instructions_of(content: Content, words: NoticeWords, language: str) -> str:
    """What to do: the case's own words, else the usual ones."""
    return told(content.instructions, language) or words.usual_instructions


def due_text(facts: Facts, language: str) -> str:
    """By when to answer, on the sender's clock."""
    due = facts.due_at.astimezone(facts.zone)
    return f"{write_time(due, Language(language))} ({write_offset(due)})"


def _opening(facts: Facts, words: NoticeWords) -> str:
    return {"acknowledge": words.reminder_acknowledge, "report": words.reminder_report}.get(facts.reminder) or words.openings[facts.kind]


def _deliveries(lot: Lot, facts: Facts, words: NoticeWords) -> str:
    shown = [
        " ".join(part for part in (day_of(one.at, facts.zone), quantity_of(one, words) if one.quantity else "", one.document) if part)
        for one in lot.deliveries[:3]
    ]
    return "; ".join(text for text in shown if text) + ("…" if len(lot.deliveries) + lot.more_deliveries > 3 else "")


def _text(content: Content, facts: Facts, words: NoticeWords, language: str) -> str:
    lines = [f"{told(content.customer, language)}", _opening(facts, words), ""]
    lines += [f"{name}{words.separator}{text}" for name, text in facts_of(content, words, language)]
    if facts.kind is not NoticeKind.END:
        lines += ["", words.lots]
        for lot in content.lots[:MOST_IN_A_MAIL]:
            possible = "" if lot.certain else f" ({words.possible})"
            name = told(lot.names, language)
            lines.append(f"- {name}{' ' if name else ''}{words.lot} {lot.code}{words.separator}{quantity_of(lot, words)}{possible}")
            if deliveries := _deliveries(lot, facts, words):
                lines.append(f"  {words.delivered}{words.separator}{deliveries}")
        lines += _more(content, words)
        lines += ["", f"{words.what_to_do}{words.separator}{instructions_of(content, words, language)}", words.forwarded]
        lines += ["", f"{words.answer_by}{words.separator}{due_text(facts, language)}"]
    if contact_lines(content):
        lines.append(f"{words.call}{words.separator}{content.sender}, {', '.join(contact_lines(content))}")
    lines += ["", words.footer.format(sender=content.sender), words.end_button if facts.kind is NoticeKind.END else words.button]
    return "\n".join(line for line in lines)


def _more(content: Content, words: NoticeWords) -> Iterable[str]:
    more = max(0, len(content.lots) - MOST_IN_A_MAIL) + content.left_out
    return [words.more_lots.format(more)] if more else []


def _page(content: Content, facts: Facts, words: NoticeWords, language: str, heading: str) -> str:
    def escaped(text: str) -> str:
        return html.escape(text).replace("\n", "<br>")

    rows = "".join(
        f'<tr><td style="{_STYLE_CELL}">{escaped(told(lot.names, language))}<br><b>{escaped(lot.code)}</b>'
        f"{'' if lot.certain else f' ({words.possible})'}</td>"
        f'<td style="{_STYLE_CELL}"><b>{escaped(quantity_of(lot, words))}</b><br>{escaped(_deliveries(lot, facts, words))}</td></tr>'
        for lot in content.lots[:MOST_IN_A_MAIL]
    )
    parts = [f"<p>{escaped(told(content.customer, language))}</p><p>{escaped(_opening(facts, words))}</p>"]
    parts += [f"<p><b>{name}</b><br>{escaped(text)}</p>" for name, text in facts_of(content, words, language)]
    if facts.kind is not NoticeKind.END:
        parts.append(f"<p><b>{words.what_to_do}</b><br>{escaped(instructions_of(content, words, language))}</p>")
        parts.append(f'<p style="margin-bottom:4px"><b>{words.lots}</b></p><table style="width:100%;border-collapse:collapse">{rows}</table>')
        parts += [f"<p>{text}</p>" for text in _more(content, words)]
        parts.append(f"<p>{words.forwarded}</p><p><b>{words.answer_by}</b><br>{escaped(due_text(facts, language))}</p>")
    if contact_lines(content):
        parts.append(f"<p><b>{words.call}</b><br>{escaped(content.sender)}, {escaped(', '.join(contact_lines(content)))}</p>")
    button = words.end_button if facts.kind is NoticeKind.END else words.button
    return f"""<!doctype html>
<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{html.escape(heading)}</title></head>
<body style="{_STYLE_BODY}"><div style="{_STYLE_CARD}">
<p style="margin:0;font-size:13px;color:#5a6067">{html.escape(content.sender)}</p>
<h1 style="margin:4px 0 12px;font-size:20px;line-height:1.3">{html.escape(heading)}{words.separator}{html.escape(content.title)}</h1>
{chr(10).join(parts)}
<p><a href="{html.escape(facts.link, quote=True)}" style="{_STYLE_BUTTON}">{button}</a></p>
<p style="font-size:13px;color:#5a6067">{words.tenants}</p>
<p style="margin:20px 0 0;font-size:12px;color:#5a6067">{html.escape(words.footer.format(sender=content.sender))}</p>
</div></body></html>
"""
