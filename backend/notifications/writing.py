"""Writes a message in its receiver's language: the template of the company or of the house, its values, and each form that a channel wants."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from backend.graphql.ids import global_id
from backend.notifications import words
from backend.notifications.kinds import Urgency
from backend.notifications.templating import Form, fill, one_line, shortened
from backend.notifications.words import Template

Own = Mapping[tuple[str, str], Template]
_TITLE_BYTES: Final = 240
_ACCENT: Final = {Urgency.CRITICAL: "#b3261e", Urgency.NORMAL: "#b26a00", Urgency.LOW: "#3c5a78"}


@dataclass(frozen=True, slots=True)
class Written:
    """A message in every form."""

    title: str
    text: str
    markdown: str
    html: str
    link: str


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is written."""

    language: str
    zone: ZoneInfo
    company: str


def write(*, template: str, urgency: Urgency, content: Mapping[str, Any], alert_id: Any, reader: Reader, own: Own, public_url: str) -> Written:
    """The message. Whatever stands in `content` is made harmless for each form."""
    chosen = own.get((template, reader.language)) or words.TEMPLATES.get(template, words.TEMPLATES[words.GENERIC])[reader.language]
    values = values_for(template, content, reader)
    link = link_to(public_url, alert_id)
    title = shortened(one_line(fill(chosen.title, values, Form.TEXT)), _TITLE_BYTES)
    opening = words.OPEN[reader.language]
    marked = "\n\n".join((f"### {one_line(fill(chosen.title, values, Form.MARKDOWN))}", _lines(fill(chosen.body, values, Form.MARKDOWN), "  \n")))
    return Written(
        title, _lines(fill(chosen.body, values, Form.TEXT), "\n"), f"{marked}\n\n[{opening}]({link})",
        _page(one_line(fill(chosen.title, values, Form.HTML)), _lines(fill(chosen.body, values, Form.HTML), "<br>\n"), link, urgency, reader), link,
    )  # fmt: skip


def values_for(template: str, content: Mapping[str, Any], reader: Reader) -> dict[str, str]:
    """The values of a notice in a reader's words: kinds and severities by name, times by his clock."""
    if not template.startswith("alert."):
        return {**{name: str(value) for name, value in content.items()}, "company": reader.company}
    detail = content.get("detail")
    told = words.detail_in_words(detail, reader.language) if isinstance(detail, dict) else ""
    return {
        "kind": words.kind_in_words(str(content.get("kind", "")), reader.language),
        "severity": words.SEVERITIES[Urgency(content.get("severity", Urgency.NORMAL))][reader.language],
        "object": str(content.get("object", "")), "detail": told, "comment": str(content.get("comment", "")), "company": reader.company,
        "at": datetime.fromisoformat(content["at"]).astimezone(reader.zone).strftime("%Y-%m-%d %H:%M %Z") if content.get("at") else "",
    }  # fmt: skip


def link_to(public_url: str, alert_id: Any) -> str:
    """Where the service shows it."""
    home = public_url.rstrip("/")
    return f"{home}/alerts/{global_id('Alert', alert_id)}" if alert_id is not None else f"{home}/notifications"


def _lines(text: str, between: str) -> str:
    """Without the lines that were left empty because there was no value."""
    return between.join(line.strip() for line in text.splitlines() if line.strip())


def _page(title: str, body: str, link: str, urgency: Urgency, reader: Reader) -> str:
    """A mail's page: readable without pictures, in the dark and on a phone. Title and body are escaped already."""
    to, opening = html.escape(link, quote=True), html.escape(words.OPEN[reader.language])
    return f"""<!doctype html>
<html lang="{reader.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body style="margin:0;padding:24px;font-family:system-ui,'PingFang SC','Microsoft YaHei',sans-serif;line-height:1.6;color:#1c1c1c;background:#f4f4f2">
<div style="max-width:560px;margin:auto;padding:24px;background:#fff;border-top:4px solid {_ACCENT[urgency]}">
<h1 style="margin:0 0 12px;font-size:18px">{title}</h1>
<p style="margin:0 0 20px;word-break:break-word">{body}</p>
<a href="{to}" style="display:inline-block;padding:10px 18px;background:#1c1c1c;color:#fff;text-decoration:none">{opening}</a>
<p style="margin:20px 0 0;font-size:12px;color:#666">{html.escape(reader.company)}</p>
</div></body></html>
"""
