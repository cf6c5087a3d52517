"""Phones and who is on them, as GraphQL shows them."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.loaders import sites_for
from backend.catalog.types import Location, load_location
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from tenants.devices import query_service
from tenants.devices.query_service import EnrolledDevice, UserOn
from tenants.permissions import Permission

DEVICE: Final = "Device"


@strawberry.enum(description="Whether a phone may be used.")
class DeviceState(Enum):
    """A revoked phone stays in the list."""

    ACTIVE = "active"
    REVOKED = "revoked"


@strawberry.type(description="Who is on a shared phone.")
class DeviceUser:
    """`until` is the end of the shift at the latest."""

    display_name: str
    since: datetime
    until: datetime


@strawberry.type(description="An enrolled phone of the shop floor.", directives=requires(Permission.DEVICES_READ))
class Device(Node):
    """`lastSeenAt` is when it last got a token, every ten minutes while it is in use; `thumbprint` is that of its key (RFC 7638)."""

    id: ID
    name: str
    site: str
    state: DeviceState
    thumbprint: str
    user_agent: str
    enrolled_at: datetime
    enrolled_by: str
    last_seen_at: datetime
    last_address: str
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None
    leftover_entries: int = strawberry.field(description="What it delivered after it was revoked; it waits in the review queue.")
    device_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, device: EnrolledDevice) -> "Device":
        """From the stored one."""
        return cls(
            id=global_id(DEVICE, device.device_id), name=device.name, site=device.site,
            state=DeviceState.REVOKED if device.revoked_at else DeviceState.ACTIVE, thumbprint=device.thumbprint, user_agent=device.user_agent,
            enrolled_at=device.enrolled_at, enrolled_by=device.enrolled_by_name, last_seen_at=device.last_seen_at,
            last_address=device.last_address, revoked_at=device.revoked_at, revoked_by=device.revoked_by_name,
            revoke_reason=device.revoke_reason, leftover_entries=device.leftover_entries, device_id=device.device_id,
        )  # fmt: skip

    @field(description="The catalogue's entry for the site.")
    async def location(self, info: Info) -> Location | None:
        """Through the batch."""
        return await load_location(info.context, self.site)

    @field(description="Who is on it now; null where nobody is.")
    async def user(self, info: Info) -> DeviceUser | None:
        """Through the batch."""
        found = await info.context.load(load_users, self.device_id)
        return DeviceUser(display_name=found.display_name, since=found.since, until=found.until) if found else None


async def load_devices(context: Context, device_ids: list[UUID]) -> Sequence[EnrolledDevice | None]:
    """A batch of phones, as far as the caller may see their sites."""
    sites = await sites_for(context, Permission.DEVICES_READ)
    async with context.reading() as tx:
        found = await query_service.devices_by_id(tx, device_ids)
    seen = {device_id: device for device_id, device in found.items() if sites is None or sites.cover(device.site)}
    return [seen.get(device_id) for device_id in device_ids]


async def load_users(context: Context, device_ids: list[UUID]) -> Sequence[UserOn | None]:
    """Who is on each of a batch of phones."""
    async with context.reading() as tx:
        found = await query_service.users_on(tx, device_ids)
    return [found.get(device_id) for device_id in device_ids]


async def load_device(context: Context, device_id: UUID | None) -> Device | None:
    """A phone by its id, through the batch."""
    found = await context.load(load_devices, device_id) if device_id is not None else None
    return Device.of(found) if found else None


async def find_device(context: Context, public_id: str) -> Device | None:
    """A phone by its public id."""
    return await load_device(context, parse_uuid(public_id))


NODES = (NodeKind(DEVICE, Permission.DEVICES_READ, find_device),)
