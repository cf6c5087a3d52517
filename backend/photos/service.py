"""Photos: allow an upload, check what arrived, attach it to something, and give addresses to read it for a while."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

from backend.photos import repository
from backend.photos.errors import PhotoNotFoundError, PhotoRefusedError, PhotoSizeError, PhotoTypeError, TooManyPhotosError
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outbox import enqueue
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage, PresignedUpload
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.principal import Principal

QUARANTINE: Final = "quarantine"
CHECK: Final = "photo.check"
ALLOWED: Final = "upload.allowed"
LARGEST: Final = 10_000_000
PDF: Final = "application/pdf"
TYPES: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MOST_OF_A_SUBJECT: Final = 50
MOST_AT_ONCE: Final = 20
SUBJECT_LENGTH: Final = 200
READABLE_FOR: Final = timedelta(minutes=10)
# A phone needs a moment to upload; the check looks again later, at growing distances, until the upload isn't allowed any more.
FIRST_CHECK_AFTER: Final = timedelta(seconds=2)


class PhotoState(IntEnum):
    """Where a photo stands; the numbers are stored and never change."""

    QUARANTINED = 1
    READY = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, or a certificate as PDF. `sha256` (hexadecimal) and `size` are the original's; `taken_at` its camera's own clock."""

    photo_id: UUID
    state: PhotoState
    content_type: str
    size: int
    sha256: str
    allowed_at: datetime
    allowed_by: UUID | None
    checked_at: datetime | None
    refusal: str | None
    width: int | None
    height: int | None
    taken_at: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Photo":
        """From a row of the table."""
        return cls(
            row["photo_id"], PhotoState(row["state"]), row["content_type"], row["size"], row["sha256"], row["allowed_at"], row["allowed_by"],
            row["checked_at"], row["refusal"], row["width"], row["height"], row["taken_at"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a photo can be read, until `expires_at`. A PDF has no thumbnail, what isn't ready has neither."""

    display: str | None
    thumbnail: str | None
    expires_at: datetime | None


def check_announced(content_type: str, size: int, sha256: str) -> None:
    """Raises `PhotoTypeError`, `PhotoSizeError`, `InvalidInputError`."""
    if content_type not in TYPES and content_type != PDF:
        raise PhotoTypeError(content_type)
    if not 1 <= size <= LARGEST:
        raise PhotoSizeError(LARGEST)
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise InvalidInputError("“sha256” is the SHA-256 of the whole content, 64 hexadecimal digits in lower case.", field="sha256")


async def presign(storage: ObjectStorage, tenant_public_id: UUID, photo_id: UUID, *, content_type: str, size: int, sha256: str) -> PresignedUpload:
    """Leave to upload exactly that one into quarantine; it holds five minutes, for these bytes alone."""
    tenants = TenantStorage(storage, TenantPrefix(tenant_public_id))
    return await tenants.presign_upload(f"{QUARANTINE}/{photo_id}", content_type=content_type, size=size, sha256=bytes.fromhex(sha256))


async def announce(tx: TenantTransaction, principal: Principal, *, photo_id: UUID, content_type: str, size: int, sha256: str) -> None:
    """Remember what may be uploaded, and have it checked when it is there."""
    now = clock.now()
    values = [photo_id, int(PhotoState.QUARANTINED), content_type, size, sha256, now, principal.actor_id]
    await repository.insert(tx, values)
    told = {"contentType": content_type, "size": size, "sha256": sha256}
    await audit.record(tx, principal, ALLOWED, f"upload:{photo_id}", after=told)
    await enqueue(tx, CHECK, [{"photo_id": str(photo_id), "attempt": 1}], due_at=now + FIRST_CHECK_AFTER)


def new_id() -> UUID:
    """The id of a photo that is going to be uploaded."""
    return uuid7()


async def attach(tx: TenantTransaction, principal: Principal, *, photo_ids: Sequence[UUID], subject: str) -> None:
    """Photos belong to `subject` ("inspection:0190…") from now on; the same ones twice are the same. Who may is for the caller to ask.

    A photo that is still on its way may be attached: it shows when it is ready. Raises `PhotoNotFoundError`, `PhotoRefusedError`,
    `TooManyPhotosError`, `InvalidInputError`.
    """
    wanted = list(dict.fromkeys(photo_ids))
    if not wanted:
        return
    if not subject or len(subject) > SUBJECT_LENGTH or "\x00" in subject:
        raise InvalidInputError("Photos belong to something that has a name.", field="subject")
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyPhotosError(MOST_AT_ONCE)
    found = await by_ids(tx, wanted)
    # Who is limited to sites shows his own: of another's he doesn't know where they were taken.
    if principal.sites and any(photo.allowed_by != principal.actor_id for photo in found.values()):
        raise PhotoNotFoundError
    if len(found) < len(wanted):
        raise PhotoNotFoundError
    for photo in found.values():
        if photo.state is PhotoState.REFUSED:
            raise PhotoRefusedError(photo.refusal or "broken")
    added = await repository.attach(tx, subject, wanted, at=clock.now(), by=principal.actor_id)
    if await repository.count_of(tx, subject) > MOST_OF_A_SUBJECT:
        raise TooManyPhotosError(MOST_OF_A_SUBJECT)
    if added:
        await audit.record(tx, principal, "photo.attached", subject, after={"photos": [str(photo_id) for photo_id in wanted]})


async def by_ids(tx: TenantTransaction, photo_ids: Collection[UUID]) -> dict[UUID, Photo]:
    """Photos by id; what isn't there is left out."""
    return {row["photo_id"]: Photo.from_row(row) for row in await repository.by_ids(tx, photo_ids)} if photo_ids else {}


async def of(tx: TenantTransaction, subjects: Collection[str]) -> dict[str, list[Photo]]:
    """The photos of each subject, oldest first."""
    found: dict[str, list[Photo]] = defaultdict(list)
    for row in await repository.of_subjects(tx, subjects) if subjects else ():
        found[row["subject"]].append(Photo.from_row(row))
    return found


async def addresses(storage: ObjectStorage, tenant_public_id: UUID, photo: Photo) -> Addresses:
    """Addresses that work for ten minutes, for whoever has them; browsers show them as images and save them as files."""
    if photo.state is not PhotoState.READY:
        return Addresses(None, None, None)
    own = TenantStorage(storage, TenantPrefix(tenant_public_id))
    if photo.content_type == PDF:
        document = await own.presign_download(document_key(photo.photo_id), expires=READABLE_FOR, filename=f"{photo.photo_id}.pdf")
        return Addresses(document.url, None, document.expires_at)
    display = await own.presign_download(display_key(photo.photo_id), expires=READABLE_FOR, filename=f"{photo.photo_id}.jpg")
    small = await own.presign_download(thumbnail_key(photo.photo_id), expires=READABLE_FOR)
    return Addresses(display.url, small.url, display.expires_at)


def display_key(photo_id: UUID) -> str:
    """Where the display size is stored."""
    return f"photos/{photo_id}/display.jpg"


def thumbnail_key(photo_id: UUID) -> str:
    """Where the thumbnail is stored."""
    return f"photos/{photo_id}/thumbnail.jpg"


def document_key(photo_id: UUID) -> str:
    """Where a PDF is stored, as it came."""
    return f"photos/{photo_id}/document.pdf"
