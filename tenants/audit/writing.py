"""The audit trail as a file: CSV for a spreadsheet, JSONL for a program."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from infra.csv_text import BOM, csv_rows
from tenants.audit.actions import describe
from tenants.audit.search import Entry

_HEADINGS: Final = {
    "zh": (
        "时间 (UTC)", "操作者类型", "操作者", "操作者 ID", "设备 ID", "地址", "动作", "说明", "对象", "原值", "新值", "变更字段", "原因", "请求 ID",
        "电子签名 ID", "记录 ID",
    ),
    "en": (
        "Time (UTC)", "Actor kind", "Actor", "Actor ID", "Device ID", "Address", "Action", "Description", "Subject", "Before", "After",
        "Changed fields", "Reason", "Request ID", "Signature ID", "Entry ID",
    ),
}  # fmt: skip


class Format(StrEnum):
    """What a file of the trail may be; the values are stored."""

    CSV = "csv"
    JSONL = "jsonl"

    @property
    def content_type(self) -> str:
        """The media type of such a file."""
        return "text/csv; charset=utf-8" if self is Format.CSV else "application/jsonl"


def heading(form: Format, language: str) -> bytes:
    """What stands at the beginning of the file."""
    return BOM + csv_rows([_HEADINGS[language]]) if form is Format.CSV else b""


def rows(entries: Sequence[Entry], form: Format, language: str) -> bytes:
    """Entries one behind the other; CSV as RFC 4180 has it, JSONL with everything exactly as it is stored."""
    if form is Format.CSV:
        return csv_rows([_cells(entry, language) for entry in entries])
    return b"".join(msgspec.json.encode(_record(entry)) + b"\n" for entry in entries)


def _cells(entry: Entry, language: str) -> list[str]:
    return [
        entry.recorded_at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], entry.actor_kind, entry.actor, _text(entry.actor_id), _text(entry.device_id),
        entry.address, entry.action, describe(entry.action, language), entry.subject, entry.before or "", entry.after or "",
        " ".join(entry.changed), entry.reason or "", entry.request_id, _text(entry.signature_id), str(entry.entry_id),
    ]  # fmt: skip


def _text(value: object | None) -> str:
    return "" if value is None else str(value)


def _record(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.entry_id, "recordedAt": entry.recorded_at.isoformat(), "actorKind": entry.actor_kind, "actorId": entry.actor_id,
        "actor": entry.actor, "deviceId": entry.device_id, "address": entry.address, "action": entry.action, "subject": entry.subject,
        "before": _raw(entry.before), "after": _raw(entry.after), "reason": entry.reason, "requestId": entry.request_id,
        "signatureId": entry.signature_id,
    }  # fmt: skip


def _raw(text: str | None) -> Any:
    """JSON as it was written, digit for digit."""
    return None if text is None else msgspec.Raw(text.encode())
