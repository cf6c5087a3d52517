"""What a subscriber asks for: when and where it is reported, and in which form. Pure decisions."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from backend.events.timestamps import parse_timestamp
from backend.events.writer import EpcFormat
from backend.subscriptions.errors import InvalidURIError, SubscriptionControlsError
from backend.subscriptions.schedule import read_schedule
from infra.errors import InvalidInputError
from infra.outward import Outward, OutwardRefusedError

SHORTEST_TOKEN: Final = 16
LONGEST_TOKEN: Final = 500


class ReportForm(StrEnum):
    """The media types of reports."""

    JSON = "application/json"
    JSON_LD = "application/ld+json"
    XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Controls:
    """When it is reported: a stream, or a schedule as JSON; from which record time on; and whether also nothing is told."""

    schedule: str | None
    initial_record_time: datetime | None = None
    report_if_empty: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A subscription with a web address."""

    dest: str
    controls: Controls
    signature_token: str | None = field(default=None, repr=False)
    form: ReportForm = ReportForm.JSON
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE
    web_words: bool = False


class _Given(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The body of a subscription; `contentType` is this service's own, `secret` another name for the token in the standard's schema."""

    dest: str
    signature_token: str | None = None
    secret: str | None = None
    initial_record_time: str | None = None
    report_if_empty: bool = False
    stream: bool | None = None
    schedule: dict[str, Any] | None = None
    content_type: str = ReportForm.JSON


def read_terms(raw: bytes, *, outward: Outward, epc_format: EpcFormat, web_words: bool = False) -> Terms:
    """The body of a POST. Raises `InvalidInputError`, `InvalidURIError` and `SubscriptionControlsError` naming the field."""
    try:
        given = msgspec.json.decode(raw, type=_Given)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidInputError(
            f"This is no subscription: {problem}. It is an object with dest, and with stream or schedule.", field="$"
        ) from problem
    controls = read_controls(given.stream, given.schedule, initial_record_time=given.initial_record_time, report_if_empty=given.report_if_empty)
    try:
        dest = outward.check(given.dest, field="dest")
    except OutwardRefusedError as problem:
        raise InvalidURIError(problem.message, field="dest") from problem
    try:
        form = ReportForm(given.content_type)
    except ValueError:
        raise InvalidInputError(f"Reports are sent as {', '.join(ReportForm)}.", field="contentType") from None
    return Terms(dest, controls, _token(given), form, epc_format, web_words)


def read_controls(
    stream: bool | None, schedule: dict[str, Any] | None, *, initial_record_time: str | None, report_if_empty: bool = False
) -> Controls:
    """Stream or schedule, and nothing that contradicts it. Raises `SubscriptionControlsError`."""
    if bool(stream) == (schedule is not None):
        raise SubscriptionControlsError(
            "A subscription has either stream: true or a schedule, and not both.", field="stream" if stream else "schedule"
        )
    if report_if_empty and schedule is None:
        raise SubscriptionControlsError("A stream reports what there is; reportIfEmpty is for schedules.", field="reportIfEmpty")
    if schedule is not None:
        read_schedule(schedule)
    moment = None
    if initial_record_time is not None:
        moment = parse_timestamp(initial_record_time)
        if moment is None:
            raise SubscriptionControlsError(
                f"initialRecordTime is a time with its zone, like 2026-03-02T08:00:00Z; it was “{initial_record_time[:60]}”.",
                field="initialRecordTime",
            )
    return Controls(None if schedule is None else msgspec.json.encode(schedule).decode(), moment, report_if_empty)


def _token(given: _Given) -> str | None:
    token = given.signature_token if given.signature_token is not None else given.secret
    if token is not None and (not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN or not token.isprintable()):
        raise InvalidInputError(
            f"The signatureToken has {SHORTEST_TOKEN} to {LONGEST_TOKEN} printable characters: make one at random, of 32 bytes or so.",
            field="signatureToken",
        )
    return token
