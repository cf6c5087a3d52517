"""Decisions without input or output: which route fits, who is told by which channel and when, and when to try again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.notifications.kinds import COSTLY, USUAL_ORDER, ChannelKind, Urgency

# After the first failure, the second …; after the last the message is dead: nine hours in all.
RETRIES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 7_200, 21_600))
# What has another channel behind it doesn't wait for long: so many failures and the other one takes over.
FAILURES_BEFORE_FALLBACK: Final = {Urgency.CRITICAL: 1, Urgency.NORMAL: 2, Urgency.LOW: 4}
# A provider that goes on asking to wait is given up after a day.
PATIENCE: Final = timedelta(days=1)
MOST_WAIT: Final = timedelta(hours=1)
_DAY_MINUTES: Final = 1_440


class Route(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """For what (every filter that isn't empty must fit) and to whom. `least` is the lowest severity that counts, 1 the most severe."""

    least: int = 3
    kinds: tuple[str, ...] = ()
    # Canonical URIs of places; GTINs; causes by which alerts are grouped; ids of alert rules.
    sites: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    # To whom: memberships, roles, teams on duty; and channels of groups.
    members: tuple[UUID, ...] = ()
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    channels: tuple[UUID, ...] = ()
    # By which kinds of channel persons are told; empty for whatever each has chosen.
    by: tuple[int, ...] = ()


class Preference(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person has chosen. Minutes are of the local day; `quiet_days` are ISO weekdays on which the quiet hours begin, empty for all."""

    language: str | None = None
    time_zone: str | None = None
    # None: the usual order. Empty: the feed alone.
    channels: tuple[int, ...] | None = None
    quiet_from: int | None = None
    quiet_to: int | None = None
    quiet_days: tuple[int, ...] = ()
    # When, once a day, what is of low urgency is told together.
    digest_at: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What routes are asked about. `places` are the sites, of those that routes name, at which its object was met."""

    kind: str
    urgency: Urgency
    subject: str
    group: str = ""
    rule: str = ""
    places: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Receiver:
    """A person with what he has chosen and how he can be reached; `zone` is his own, or the company's."""

    membership_id: UUID
    preference: Preference
    language: str
    zone: ZoneInfo
    reachable: frozenset[ChannelKind]


def fits(route: Route, about: About) -> bool:
    """Whether a route is meant for something."""
    return (
        about.urgency <= route.least
        and (not route.kinds or about.kind in route.kinds)
        and (not route.sites or not about.places.isdisjoint(route.sites))
        and (not route.products or any(f"/01/{gtin}/" in f"{about.subject}/" for gtin in route.products))
        and (not route.groups or about.group in route.groups)
        and (not route.rules or about.rule in route.rules)
    )


def sites_named(routes: Iterable[Route]) -> frozenset[str]:
    """The places that any route asks about."""
    return frozenset(site for route in routes for site in route.sites)


def order_for(receiver: Receiver, urgency: Urgency, allowed: Collection[int], there: Mapping[ChannelKind, UUID]) -> list[ChannelKind]:
    """The kinds of channel for a person, best first: as he has chosen, where he can be reached, by what the routes allow (empty: all).

    A kind that he has chosen himself may cost; without a choice text messages are for what is critical.
    """
    chosen = receiver.preference.channels
    wanted = USUAL_ORDER if chosen is None else tuple(ChannelKind(kind) for kind in chosen)
    if chosen is None and urgency is not Urgency.CRITICAL:
        wanted = tuple(kind for kind in wanted if kind not in COSTLY)
    return [kind for kind in wanted if kind in there and kind in receiver.reachable and (not allowed or kind in allowed)]


def release_at(receiver: Receiver, urgency: Urgency, moment: datetime) -> datetime | None:
    """When a person may be told: None for at once, else the end of his quiet hours, or the time of his digest. Critical waits for nobody."""
    if urgency is Urgency.CRITICAL:
        return None
    preference, local = receiver.preference, moment.astimezone(receiver.zone)
    wanted = _next(preference.digest_at, local) if urgency is Urgency.LOW and preference.digest_at is not None else local
    ended = _quiet_until(preference, wanted)
    found = ended or wanted
    return None if found <= local else found.astimezone(moment.tzinfo)


def _quiet_until(preference: Preference, local: datetime) -> datetime | None:
    """The end of the quiet hours in which a moment of local time lies."""
    begin, end = preference.quiet_from, preference.quiet_to
    if begin is None or end is None or begin == end:
        return None
    minute = local.hour * 60 + local.minute
    over_midnight = begin > end
    inside = (minute >= begin or minute < end) if over_midnight else begin <= minute < end
    # Hours over midnight belong to the day on which they began.
    day = local.isoweekday() if not over_midnight or minute >= begin else (local.isoweekday() - 2) % 7 + 1
    if not inside or (preference.quiet_days and day not in preference.quiet_days):
        return None
    return _next(end, local)


def _next(minute: int, local: datetime) -> datetime:
    """The next time that the local clock shows a minute of the day, the present minute excluded."""
    wall = time(minute % _DAY_MINUTES // 60, minute % 60)
    found = datetime.combine(local.date(), wall, tzinfo=local.tzinfo)
    # Added to the date and not to the moment: a day on which clocks change has 23 or 25 hours.
    return found if found > local else datetime.combine(local.date() + timedelta(days=1), wall, tzinfo=local.tzinfo)


def next_attempt(failures: int, chance: float) -> timedelta | None:
    """How long to wait after so many failures, with jitter by a chance from 0 to 1; None where that was the last."""
    return None if failures > len(RETRIES) else RETRIES[failures - 1] * (0.75 + chance / 2)


def gives_way(urgency: Urgency, failures: int, fallbacks: Sequence[UUID]) -> bool:
    """Whether the next channel takes over although this one could be tried again."""
    return bool(fallbacks) and failures >= FAILURES_BEFORE_FALLBACK[urgency]
