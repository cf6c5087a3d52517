"""Phones in the portal: enrolled by a code to be scanned, listed, renamed, moved, revoked."""

import io
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import segno
import strawberry
from strawberry import ID

from backend.access.device_types import DEVICE, Device, DeviceState, load_device
from backend.catalog.loaders import sites_for
from backend.catalog.sites import places_in, sites_of
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.identifiers import parse_identifier
from infra.database import TenantTransaction
from tenants.devices import administration, query_service
from tenants.devices.administration import Covers
from tenants.devices.errors import DeviceNotFoundError
from tenants.permissions import Permission

# The code stands behind #, which no browser sends to a server and no server writes into a log.
ENROL_PATH: Final = "/app/enrol#"


def qr_svg(text: str) -> str:
    """A QR code as an SVG image that scales to its frame."""
    image = io.BytesIO()
    segno.make_qr(text, error="m").save(image, kind="svg", xmldecl=False, omitsize=True, border=4)
    return image.getvalue().decode()


@strawberry.input
class EnrolDeviceInput:
    """`site` is a location of your own, in any form of its identifier; the phone captures there and nowhere else."""

    name: str
    site: str


@strawberry.input
class RenameDeviceInput:
    """The new name."""

    device_id: ID
    name: str


@strawberry.input
class MoveDeviceInput:
    """The new site, a location of your own."""

    device_id: ID
    site: str


@strawberry.input
class RevokeDeviceInput:
    """`reason` stands in the audit trail: lost, stolen, sold."""

    device_id: ID
    reason: str


@strawberry.type(description="A code that enrols one phone, once, until it expires.")
class DeviceEnrolment:
    """Shown this once: `code` to be typed or pasted, `link` to be opened on the phone, `qrSvg` the link as an image to be scanned."""

    code: str
    link: str
    qr_svg: str


@strawberry.type
class EnrolDevicePayload:
    """A repetition with the same Idempotency-Key gives `expiresAt` without the code: lost, a new one is made."""

    user_errors: list[UserError]
    enrolment: DeviceEnrolment | None
    expires_at: datetime | None


@strawberry.type
class DevicePayload:
    """The phone as it is now; or why nothing was changed."""

    user_errors: list[UserError]
    device_id: strawberry.Private[UUID | None]

    @field(description="The phone as it is now.")
    async def device(self, info: Info) -> Device | None:
        """Through the batch."""
        return await load_device(info.context, self.device_id)


@strawberry.type
class DeviceQueries:
    """Phones."""

    @field(description="Enrolled phones, the newest first.", directives=requires(Permission.DEVICES_READ))
    async def devices(
        self,
        info: Info,
        *,
        site: str | None = None,
        state: DeviceState | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Device]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.DEVICES_READ)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_devices(
                tx,
                site=parse_identifier(site).uri if site is not None else None,
                revoked=None if state is None else state is DeviceState.REVOKED,
                visible=None if sites is None else await places_in(tx, sites),
                cursor=cursor,
                backward=page.backward,
                limit=page.limit,
            )
        return connect(page, rows, node=Device.of, cursor=lambda row: str(row.device_id))

    @field(description="A phone by its id; null where there is none.", directives=requires(Permission.DEVICES_READ))
    async def device(self, info: Info, public_id: Annotated[ID, strawberry.argument(name="id")]) -> Device | None:
        """The same as `node`."""
        return await load_device(info.context, uuid_of(public_id, DEVICE))


@strawberry.type
class DeviceMutations:
    """Each is on the audit trail."""

    @mutation(
        description="Make a code that enrols one phone at a site; it works once, for five minutes, and is shown this once.",
        directives=requires(Permission.DEVICES_MANAGE),
    )
    async def enrol_device(self, info: Info, given: Annotated[EnrolDeviceInput, strawberry.argument(name="input")]) -> EnrolDevicePayload | None:
        """The phone then proves a key of its own at POST /mobile/v1/devices."""
        shown: list[DeviceEnrolment] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            shown.clear()
            principal = info.context.caller_principal
            made = await administration.create_enrolment(
                tx, principal, name=given.name, site=parse_identifier(given.site).uri, covers=await _covers(info, tx)
            )
            link = f"{info.context.services.settings.public_url.rstrip('/')}{ENROL_PATH}{made.code}"
            shown.append(DeviceEnrolment(code=made.code, link=link, qr_svg=qr_svg(link)))
            return {"expiresAt": made.expires_at.isoformat()}

        done = await perform(info, given, use_case)
        expires_at = datetime.fromisoformat(done.reply["expiresAt"]) if done.reply else None
        return EnrolDevicePayload(user_errors=done.user_errors, enrolment=shown[0] if shown and done.reply else None, expires_at=expires_at)

    @mutation(description="Give a phone another name.", directives=requires(Permission.DEVICES_MANAGE))
    async def rename_device(self, info: Info, given: Annotated[RenameDeviceInput, strawberry.argument(name="input")]) -> DevicePayload | None:
        """As lists and the audit trail show it."""

        async def use_case(tx: TenantTransaction, device_id: UUID, covers: Covers) -> None:
            devices, principal = info.context.services.identity.devices, info.context.caller_principal
            await administration.rename(tx, devices, principal, device_id, name=given.name, covers=covers)

        return await _change(info, given, given.device_id, use_case)

    @mutation(
        description="Move a phone to another site: from now on it captures there and nowhere else.", directives=requires(Permission.DEVICES_MANAGE)
    )
    async def move_device(self, info: Info, given: Annotated[MoveDeviceInput, strawberry.argument(name="input")]) -> DevicePayload | None:
        """Whoever is on it may do there what he may do there."""

        async def use_case(tx: TenantTransaction, device_id: UUID, covers: Covers) -> None:
            devices, principal = info.context.services.identity.devices, info.context.caller_principal
            await administration.move(tx, devices, principal, device_id, site=parse_identifier(given.site).uri, covers=covers)

        return await _change(info, given, given.device_id, use_case)

    @mutation(
        description="Revoke a phone, and whoever is on it, at once and for good. What it still holds it may deliver to the review queue.",
        directives=requires(Permission.DEVICES_MANAGE),
    )
    async def revoke_device(self, info: Info, given: Annotated[RevokeDeviceInput, strawberry.argument(name="input")]) -> DevicePayload | None:
        """It stays in the list of those revoked."""

        async def use_case(tx: TenantTransaction, device_id: UUID, covers: Covers) -> None:
            devices, principal = info.context.services.identity.devices, info.context.caller_principal
            await administration.revoke(tx, devices, principal, device_id, reason=given.reason, covers=covers)

        return await _change(info, given, given.device_id, use_case)


async def _change(info: Info, given: object, device: ID, act: Callable[[TenantTransaction, UUID, Covers], Awaitable[None]]) -> DevicePayload:
    async def use_case(tx: TenantTransaction) -> Reply:
        device_id = uuid_of(device, DEVICE)
        if device_id is None:
            raise DeviceNotFoundError
        await act(tx, device_id, await _covers(info, tx))
        return {"device": str(device_id)}

    done = await perform(info, given, use_case)
    return DevicePayload(user_errors=done.user_errors, device_id=UUID(done.reply["device"]) if done.reply else None)


async def _covers(info: Info, tx: TenantTransaction) -> Covers:
    """Whether the caller manages devices at a place."""
    sites = await sites_of(tx, info.context.caller_principal, Permission.DEVICES_MANAGE)
    return (lambda _: True) if sites is None else sites.cover
