"""The audit trail as a file: CSV for a spreadsheet, JSONL for a program."""

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from tenants.audit.actions import describe
from tenants.audit.search import Entry

# Excel reads UTF-8, and with it Chinese, only behind this mark.
BOM: Final = b"\xef\xbb\xbf"
# A cell that begins so is taken for a formula by Excel, LibreOffice or WPS; the last four are the full-width signs of Chinese keyboards.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
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
    return BOM + _csv([_HEADINGS[language]]) if form is Format.CSV else b""


def rows(entries: Sequence[Entry], form: Format, language: str) -> bytes:
    """Entries one behind the other; CSV as RFC 4180 has it, JSONL with everything exactly as it is stored."""
    if form is Format.CSV:
        return _csv([[neutral(cell) for cell in _cells(entry, language)] for entry in entries])
    return b"".join(msgspec.json.encode(_record(entry)) + b"\n" for entry in entries)


def neutral(cell: str) -> str:
    """The text of a cell such that no spreadsheet takes it for a formula: an apostrophe stands before what would begin one."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


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
