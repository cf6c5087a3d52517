"""The mail to a supplier who is asked for corrective action, in Chinese and in English; every word of others escaped in HTML. No I/O."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

MOST_TITLE: Final = 150
MOST_TEXT: Final = 2_000


class Occasion(StrEnum):
    """Why it is written; stored in jobs, and never changed."""

    SENT = "sent"
    SENT_BACK = "sent_back"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the mail tells. `text` are the company's own words; `link` opens the request."""

    company: str
    number: str
    text: str
    due_at: datetime
    zone: tzinfo
    link: str


@dataclass(frozen=True, slots=True)
class Written:
    """A mail in both of its forms; behind the text the sender puts the link."""

    subject: str
    text: str
    html: str


_SUBJECTS: Final[Mapping[str, Mapping[Occasion, str]]] = {
    "zh": {
        Occasion.SENT: "纠正措施要求 {number}：{company}", Occasion.SENT_BACK: "请补充答复 {number}：{company}",
        Occasion.BEFORE: "提醒：纠正措施要求 {number} 即将到期", Occasion.AFTER: "逾期：纠正措施要求 {number} 尚未答复",
    },
    "en": {
        Occasion.SENT: "Request for corrective action {number}: {company}", Occasion.SENT_BACK: "More is asked on {number}: {company}",
        Occasion.BEFORE: "Reminder: request {number} is due soon", Occasion.AFTER: "Overdue: request {number} isn't answered",
    },
}  # fmt: skip
_OPENINGS: Final[Mapping[str, Mapping[Occasion, str]]] = {
    "zh": {
        Occasion.SENT: "{company} 请贵方就以下问题采取纠正措施并答复。", Occasion.SENT_BACK: "{company} 已退回贵方的答复，请查看意见并补充。",
        Occasion.BEFORE: "{company} 尚未收到贵方对以下要求的答复，期限将至。", Occasion.AFTER: "{company} 尚未收到贵方对以下要求的答复，期限已过。",
    },
    "en": {
        Occasion.SENT: "{company} asks you to correct what is told below, and to answer.",
        Occasion.SENT_BACK: "{company} has sent your answer back. Please read what was said of it, and answer again.",
        Occasion.BEFORE: "{company} has no answer from you to the request below, which is due soon.",
        Occasion.AFTER: "{company} has no answer from you to the request below, which is overdue.",
    },
}  # fmt: skip
_DUE: Final = {"zh": "答复期限：{day}", "en": "To be answered by: {day}"}
_OPEN: Final = {"zh": "打开并答复", "en": "Open and answer"}
_FOOT: Final = {
    "zh": "凭此链接即可答复，无需账号；请只转给负责答复的人。",
    "en": "Whoever has the link may answer, without an account: pass it on only to those who answer for it.",
}


def write(asked: Asked, occasion: Occasion, language: str) -> Written:
    """The mail in a language."""
    told = {"company": asked.company, "number": asked.number}
    subject = _one_line(_SUBJECTS[language][occasion].format_map(told))
    opening = _OPENINGS[language][occasion].format_map(told)
    due = _DUE[language].format(day=f"{asked.due_at.astimezone(asked.zone):%Y-%m-%d %H:%M} ({getattr(asked.zone, 'key', 'UTC')})")
    words = asked.text if len(asked.text) <= MOST_TEXT else f"{asked.text[: MOST_TEXT - 1]}…"
    text = "\n\n".join((opening, f"{asked.number}\n{words}", due, _FOOT[language]))
    return Written(subject, text, _page(asked, opening, words, due, language))


def _one_line(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= MOST_TITLE else f"{shown[: MOST_TITLE - 1]}…"


def _page(asked: Asked, opening: str, words: str, due: str, language: str) -> str:
    escaped = html.escape(words).replace("\n", "<br>")
    return f"""<!doctype html>
<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8"><title>{html.escape(asked.number)}</title></head>
<body style="margin:0;padding:16px;font-family:system-ui,'PingFang SC','Microsoft YaHei',sans-serif;line-height:1.6;color:#1d2125;background:#f4f2ee">
<div style="max-width:600px;margin:auto;padding:24px;background:#fff;border-top:4px solid #1d5c7a">
<h1 style="margin:4px 0 12px;font-size:20px">{html.escape(asked.number)}</h1>
<p>{html.escape(opening)}</p><p>{escaped}</p><p><strong>{html.escape(due)}</strong></p>
<p><a href="{html.escape(asked.link, quote=True)}" style="display:inline-block;margin:12px 0;padding:13px 22px;background:#1d5c7a;color:#fff;\
text-decoration:none;border-radius:6px;font-weight:600">{_OPEN[language]}</a></p>
<p style="font-size:13px;color:#5a6067">{_FOOT[language]}</p>
</div></body></html>
"""
