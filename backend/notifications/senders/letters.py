"""What senders are given and what they give back, and what the words of Retry-After mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.notifications.kinds import ChannelKind, Urgency
from infra import clock
from infra.outward import OutwardAnswer
from infra.webhook_signing import asked_to_wait

USUAL_WAIT: Final = 60.0
LONGEST_WAIT: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class PushAddress:
    """A browser or an app: what it was registered with."""

    push_id: UUID
    address: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as it goes out, written in the receiver's language in each form that a channel may want, and where to."""

    delivery_id: UUID
    title: str
    text: str
    markdown: str
    html: str
    link: str
    language: str
    urgency: Urgency
    topic: str
    subject: str
    at: datetime
    email: str = ""
    phone: str = ""
    wecom_user: str = ""
    pushes: tuple[PushAddress, ...] = ()
    # Where whoever doesn't want such mails ends them, with one request (RFC 8058).
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """A channel with its secrets, for the moment of sending."""

    tenant_id: int
    channel_id: UUID
    kind: ChannelKind
    settings: Any
    secrets: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. What isn't `taken` is tried again, unless it is `hopeless`.

    `wait` (seconds): the provider has asked for it, which is no failure, and counts for the whole channel. `gone`: push addresses that are
    no more.
    """

    taken: bool
    reason: str = ""
    status: int | None = None
    provider_id: str | None = None
    hopeless: bool = False
    wait: float | None = None
    gone: tuple[UUID, ...] = ()


def refused(answer: OutwardAnswer, told: str = "") -> Outcome:
    """What an HTTP status other than 2xx means: to wait, to try again, or that it never will be taken."""
    reason = f"The receiver answered {answer.status}.{f' {told}' if told else ''}"
    if answer.status == 429 or (answer.status == 503 and answer.retry_after):
        return Outcome(False, reason, answer.status, wait=seconds_of(answer.retry_after))
    hopeless = 300 <= answer.status < 500 and answer.status not in (408, 425)
    return Outcome(False, reason, answer.status, hopeless=hopeless)


def seconds_of(retry_after: str | None) -> float:
    """How long a provider wants to be left alone: seconds or a date (RFC 9110 §10.2.3), a minute where it doesn't say, a day at most."""
    asked = asked_to_wait(retry_after, clock.now())
    return USUAL_WAIT if asked is None else min(max(1.0, asked.total_seconds()), LONGEST_WAIT)


def best_of(each: list[Outcome]) -> Outcome:
    """Of messages to a person's several devices: one was taken, one may yet be taken, or none ever will be."""
    gone = tuple(push for outcome in each for push in outcome.gone)
    best = min(each, key=lambda outcome: (not outcome.taken, outcome.hopeless))
    return Outcome(best.taken, best.reason, best.status, best.provider_id, best.hopeless, best.wait, gone)


def said(answer: OutwardAnswer) -> dict[str, Any]:
    """The JSON object in an answer; empty for anything else."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def number_in(told: Mapping[str, Any], name: str) -> int | None:
    """A number in an answer; None where there is none."""
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_in(told: Mapping[str, Any], name: str, most: int = 200) -> str:
    """A text in an answer, in which nothing can hide."""
    value = told.get(name)
    return "".join(character for character in value[:most] if character.isprintable()) if isinstance(value, str) else ""


def as_json(value: Any) -> bytes:
    """A body."""
    return msgspec.json.encode(value)
