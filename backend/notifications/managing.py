"""The use cases of those who keep channels, routes and words, each in its caller's tenant transaction."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.notifications import attempts, configurations, receiving, service, where, words
from backend.notifications import delivery_repository as deliveries
from backend.notifications import settings_repository as repository
from backend.notifications.errors import (
    ChannelNotFoundError,
    DeliveryNotDeadError,
    DeliveryNotFoundError,
    RouteNotFoundError,
    TooManyOfAKindError,
)
from backend.notifications.kinds import FINAL, GROUPS, USUAL_ORDER, ChannelKind, DeliveryState
from backend.notifications.receiving import Told
from backend.notifications.rules import Route
from backend.notifications.sealing import NotificationSealer
from backend.notifications.templating import MAX_BODY, MAX_TITLE, require_template
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import ConflictError, InvalidInputError
from infra.ids import uuid7
from infra.outward import Outward
from tenants import audit
from tenants.names import require_name
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_CHANNELS: Final = 50
MOST_ROUTES: Final = 200
MOST_IN_A_FILTER: Final = 200
MOST_TEXT: Final = 500
_GTIN: Final = re.compile(r"\d{14}")


async def put_channel(
    tx: TenantTransaction, principal: Principal, *, channel_id: UUID | None, kind: ChannelKind, name: str, settings: Mapping[str, Any],
    secrets: Mapping[str, str], active: bool, outward: Outward, sealer: NotificationSealer,
) -> UUID:  # fmt: skip
    """A new channel, or other settings for one; secrets that aren't given stay, unless it leads to another server.

    Raises `ChannelNotFoundError`, `InvalidInputError` naming the field, and others.
    """
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    former = await _channel(tx, channel_id) if channel_id is not None else None
    if former is not None and former["kind"] != kind:
        raise InvalidInputError("A channel keeps its kind. Make another one, and archive this one.", field="kind")
    if former is None and len(await repository.channels(tx)) >= MOST_CHANNELS:
        raise TooManyOfAKindError("channels", MOST_CHANNELS)
    title = require_name(name, "name")
    owner = channel_id or uuid7()
    known = sealer.open_all(tx.tenant_id, owner, former["key_id"], former["secrets"]) if former is not None else {}
    found, together = configurations.checked(kind, settings, secrets, known, outward)
    told = msgspec.json.encode(found).decode()
    was, becomes = msgspec.json.decode(former["settings"]) if former is not None else {}, msgspec.to_builtins(found)
    if known and where.leads_elsewhere(kind, was, becomes):
        where.require_again(kind, secrets, known)
    sealed = sealer.seal_all(tx.tenant_id, owner, together) if together else None
    await repository.put_channel(
        tx, channel_id=owner, kind=kind, name=title, settings=told, secrets=sealed, key_id=sealer.key_id if sealed else None, active=active,
        at=clock.now(),
    )  # fmt: skip
    after = {"name": title, "kind": kind.name.lower(), "settings": where.for_trail(becomes), "active": active, "newSecrets": sorted(secrets)}
    before = {"name": former["name"], "settings": where.for_trail(was), "active": former["active"]} if former else None
    action = "notification_channel.changed" if former is not None else "notification_channel.created"
    await audit.record(tx, principal, action, f"notification_channel:{owner}", before=before, after=after)
    return owner


async def archive_channel(tx: TenantTransaction, principal: Principal, channel_id: UUID) -> None:
    """Out of use for good; its secrets are forgotten. Raises `ChannelNotFoundError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    former = await _channel(tx, channel_id)
    await repository.archive_channel(tx, channel_id, clock.now())
    await audit.record(tx, principal, "notification_channel.archived", f"notification_channel:{channel_id}", before={"name": former["name"]})


async def test_channel(tx: TenantTransaction, principal: Principal, channel_id: UUID) -> UUID:
    """Send a test message by a channel: to the group, or to the caller himself; gives the delivery's id. Raises `ChannelNotFoundError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    channel = await _channel(tx, channel_id)
    kind = ChannelKind(channel["kind"])
    told = Told()
    if not channel["active"]:
        raise ConflictError("The channel is switched off. Switch it on, then test it.", field="channelId")
    if kind not in GROUPS:
        member = principal.membership_id
        reachable = (await receiving.receivers(tx, [member]))[0].reachable if member is not None else frozenset()
        if member is None or kind not in reachable:
            raise ConflictError(
                "The test goes to yourself, and you can't be reached by this kind of channel yet. Enter your address among your own settings.",
                field="channelId",
            )
        told.add(member, ())
    delivery_id = await service.tell_test(tx, told, channel_id=channel_id, kind=kind)
    if delivery_id is None:
        raise ChannelNotFoundError
    await audit.record(tx, principal, "notification_channel.tested", f"notification_channel:{channel_id}")
    return delivery_id


async def put_route(tx: TenantTransaction, principal: Principal, *, route_id: UUID | None, name: str, route: Route, active: bool) -> UUID:
    """A new route, or another definition for one. Raises `RouteNotFoundError`, `ChannelNotFoundError`, `InvalidInputError` naming the field."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    stored = {row["route_id"]: row for row in await repository.routes(tx)}
    if route_id is not None and route_id not in stored:
        raise RouteNotFoundError
    if route_id is None and len(stored) >= MOST_ROUTES:
        raise TooManyOfAKindError("routes", MOST_ROUTES)
    title = require_name(name, "name")
    await _check(tx, route)
    owner = route_id or uuid7()
    definition = msgspec.json.encode(route).decode()
    await repository.put_route(tx, route_id=owner, name=title, definition=definition, active=active, at=clock.now())
    former = stored.get(owner)
    before = {"name": former["name"], "active": former["active"], **msgspec.json.decode(former["definition"])} if former is not None else None
    action = "notification_route.changed" if former is not None else "notification_route.created"
    after = {"name": title, "active": active, **msgspec.to_builtins(route)}
    await audit.record(tx, principal, action, f"notification_route:{owner}", before=before, after=after)
    return owner


async def delete_route(tx: TenantTransaction, principal: Principal, route_id: UUID) -> None:
    """Nobody is told by it any more. Raises `RouteNotFoundError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    former = await repository.delete_route(tx, route_id)
    if former is None:
        raise RouteNotFoundError
    before = {"name": former["name"], **msgspec.json.decode(former["definition"])}
    await audit.record(tx, principal, "notification_route.deleted", f"notification_route:{route_id}", before=before)


async def put_template(tx: TenantTransaction, principal: Principal, *, template: str, language: str, title: str, body: str) -> None:
    """Words of the company's own. Raises `InvalidInputError` naming the field."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    _require_known(template, language)
    known = words.values_of(template)
    cleaned = require_template(title, "title", known, MAX_TITLE), require_template(body, "body", known, MAX_BODY)
    await repository.put_template(tx, template=template, language=language, title=cleaned[0], body=cleaned[1], at=clock.now())
    after = {"language": language, "title": cleaned[0], "body": cleaned[1]}
    await audit.record(tx, principal, "notification_template.put", f"notification_template:{template}", after=after)


async def reset_template(tx: TenantTransaction, principal: Principal, *, template: str, language: str) -> None:
    """Back to the words of the house."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    _require_known(template, language)
    await repository.delete_template(tx, template, language)
    await audit.record(tx, principal, "notification_template.reset", f"notification_template:{template}", after={"language": language})


async def retry_delivery(tx: TenantTransaction, principal: Principal, delivery_id: UUID) -> None:
    """Try a dead letter again. Raises `DeliveryNotFoundError`, `DeliveryNotDeadError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    found = await deliveries.lock(tx, delivery_id)
    if found is None:
        raise DeliveryNotFoundError
    if found.state not in FINAL or found.state != DeliveryState.DEAD:
        raise DeliveryNotDeadError
    await attempts.retry(tx, found)
    await audit.record(tx, principal, "notification_delivery.retried", f"notification_delivery:{delivery_id}")


async def _channel(tx: TenantTransaction, channel_id: UUID) -> Record:
    row = await repository.channel(tx, channel_id)
    if row is None or row["archived_at"] is not None:
        raise ChannelNotFoundError
    return row


async def _check(tx: TenantTransaction, route: Route) -> None:
    for field in ("kinds", "sites", "products", "groups", "rules", "members", "roles", "teams", "channels", "by"):
        given = getattr(route, field)
        if len(given) > MOST_IN_A_FILTER or any(isinstance(text, str) and not 1 <= len(text) <= MOST_TEXT for text in given):
            raise InvalidInputError(f"Name at most {MOST_IN_A_FILTER}, each by 1 to {MOST_TEXT} characters.", field=field)
    if not 1 <= route.least <= 3:
        raise InvalidInputError("The lowest severity is from 1 (critical) to 3 (notice).", field="least")
    if not all(_GTIN.fullmatch(gtin) for gtin in route.products):
        raise InvalidInputError("Name products by their GTIN in 14 digits.", field="products")
    if not (route.members or route.roles or route.teams or route.channels):
        raise InvalidInputError("Say who is told: members, roles, teams on duty, or channels of groups.", field="members")
    if not set(route.by) <= set(USUAL_ORDER):
        raise InvalidInputError("Persons are told by channels that write to one person.", field="by")
    if set(await receiving.active_members(tx, route.members)) != set(route.members):
        raise InvalidInputError("One of these is no active member of your company.", field="members")
    there = await receiving.channels_in_force(tx)
    if any(each not in there or there[each].kind not in GROUPS for each in route.channels):
        raise ChannelNotFoundError("channels")


def _require_known(template: str, language: str) -> None:
    if template not in words.TEMPLATES:
        raise InvalidInputError(f"There is no such template; there are {', '.join(sorted(words.TEMPLATES))}.", field="template")
    if language not in words.LANGUAGES:
        raise InvalidInputError("Messages are written in zh or en.", field="language")
