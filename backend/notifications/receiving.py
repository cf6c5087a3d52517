"""Who is told of something: the routes' people, teams and groups, those of them who may see it, and how each can be reached."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.alerts import query_service as alerts
from backend.alerts import seeing
from backend.catalog.sites import sites_within
from backend.notifications import repository, rules, settings_repository
from backend.notifications.kinds import GROUPS, ChannelKind
from backend.notifications.rules import About, Preference, Receiver, Route
from backend.notifications.words import LANGUAGES
from backend.shifts import service as shifts
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from infra.logging import get_logger
from tenants.people.allowed import allowed_by_member, holders_of
from tenants.permissions import Permission, Role

MOST_RECEIVERS: Final = 500
# Who finds an alert in his feed where the company has set up no route.
USUAL_ROUTE: Final = Route(roles=(str(Role.OWNER), str(Role.QUALITY_MANAGER)))
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Channel:
    """One by which something can be sent now."""

    channel_id: UUID
    kind: ChannelKind


@dataclass(slots=True)
class Told:
    """Persons, with the kinds of channel that their routes allow (empty for all), and channels of groups."""

    members: dict[UUID, frozenset[int]] = field(default_factory=dict)
    channels: set[UUID] = field(default_factory=set)

    def add(self, member: UUID, by: Collection[int]) -> None:
        """Another route leads to a person: what either allows is allowed."""
        former = self.members.get(member)
        self.members[member] = frozenset(by) if former is None else frozenset() if not former or not by else former | frozenset(by)


async def routes_in_force(tx: TenantTransaction) -> list[Route]:
    """The company's, or the usual one where it has none."""
    rows = await settings_repository.routes(tx)
    if not rows:
        return [USUAL_ROUTE]
    return [msgspec.json.decode(row["definition"], type=Route) for row in rows if row["active"]]


async def by_routes(tx: TenantTransaction, routes: Sequence[Route], about: About, at: datetime) -> Told:
    """Whoever the routes that fit lead to, before it is asked who may see it."""
    told = Told()
    for route in routes:
        if not rules.fits(route, about):
            continue
        for member in (*route.members, *await holders_of(tx, route.roles, MOST_RECEIVERS)):
            told.add(member, route.by)
        for team in route.teams:
            for member in await _on_duty(tx, team, at):
                told.add(member, route.by)
        told.channels.update(route.channels)
    return told


async def _on_duty(tx: TenantTransaction, team: str, at: datetime) -> list[UUID]:
    try:
        return await shifts.on_duty(tx, role_or_team=team, at=at)
    except SuyuanError as problem:
        # The team was dissolved: the others are told all the same.
        _log.info("team_of_route_missing", tenant_id=tx.tenant_id, team=team, problem=problem.message)
        return []


async def places_of(tx: TenantTransaction, alert_id: UUID, sites: Collection[str]) -> frozenset[str]:
    """Those of these sites at which the object of an alert was met."""
    named = sorted(sites)
    if not named or await alerts.alert_by_id(tx, alert_id, await sites_within(tx, named)) is None:
        return frozenset()
    if len(named) == 1:
        return frozenset(named)
    # Halves of those where it was met at all: most alerts are about goods met at few of many sites.
    half = len(named) // 2
    return await places_of(tx, alert_id, named[:half]) | await places_of(tx, alert_id, named[half:])


async def who_may_see(tx: TenantTransaction, alert_id: UUID, members: Collection[UUID]) -> list[UUID]:
    """Those of these members who would find the alert if they looked for it; at most as many as are told of one thing."""
    return (await seeing.who_may_see(tx, alert_id, members))[:MOST_RECEIVERS]


async def still_seen(tx: TenantTransaction, member: UUID, alert_ids: Collection[UUID]) -> set[UUID]:
    """Those of these alerts that a member would find if he looked for them now: permissions and sites change while messages wait."""
    standing = (await allowed_by_member(tx, [member])).get(member)
    if standing is None or Permission.HOLDS_READ not in standing.permissions:
        return set()
    limited = standing.sites.get(Permission.HOLDS_READ)
    return set(alert_ids) if limited is None else set(await alerts.alerts_by_id(tx, alert_ids, await sites_within(tx, limited)))


async def active_members(tx: TenantTransaction, members: Collection[UUID]) -> list[UUID]:
    """Those of these members who are there, in the order given."""
    allowed = await allowed_by_member(tx, members)
    return [member for member in dict.fromkeys(members) if member in allowed][:MOST_RECEIVERS]


async def channels_in_force(tx: TenantTransaction) -> dict[UUID, Channel]:
    """Channels that are switched on, oldest first."""
    rows = await settings_repository.channels(tx)
    return {row["channel_id"]: Channel(row["channel_id"], ChannelKind(row["kind"])) for row in rows if row["active"]}


def personal(channels: Mapping[UUID, Channel]) -> dict[ChannelKind, UUID]:
    """By which channel persons are told, for each kind: the oldest one."""
    found: dict[ChannelKind, UUID] = {}
    for channel in channels.values():
        if channel.kind not in GROUPS:
            found.setdefault(channel.kind, channel.channel_id)
    return found


async def receivers(tx: TenantTransaction, members: Sequence[UUID]) -> list[Receiver]:
    """The members with what they have chosen and where they can be reached."""
    if not members:
        return []
    company = await repository.company(tx)
    locale, zone = (company["locale"], company["time_zone"]) if company is not None else ("zh", "UTC")
    chosen = {row["membership_id"]: row for row in await settings_repository.preferences(tx, members)}
    pushes: dict[UUID, set[ChannelKind]] = {}
    for row in await settings_repository.push_kinds(tx, members):
        pushes.setdefault(row["membership_id"], set()).add(ChannelKind(row["kind"]))
    found = []
    for member in members:
        own = chosen.get(member)
        preference = msgspec.json.decode(own["choice"], type=Preference) if own is not None else Preference()
        reachable = set(pushes.get(member, ()))
        if own is not None:
            reachable |= {ChannelKind.EMAIL} if own["email"] else set()
            reachable |= {ChannelKind.ALIYUN_SMS, ChannelKind.SMS_GATEWAY} if own["phone"] else set()
            reachable |= {ChannelKind.WECOM_APPLICATION} if own["wecom_user"] else set()
        language = preference.language or language_of(locale)
        found.append(Receiver(member, preference, language, ZoneInfo(preference.time_zone or zone), frozenset(reachable)))
    return found


def language_of(locale: str) -> str:
    """The language of a company's messages."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in LANGUAGES else "en"
