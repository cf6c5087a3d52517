"""The worker's job that takes a photo out of quarantine: checked and written anew, or refused with the reason."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from backend.photos import repository, sandbox
from backend.photos.service import CHECK, LARGEST, PDF, QUARANTINE, TYPES, Photo, PhotoState, display_key, document_key, thumbnail_key
from infra import clock
from infra.database import TenantTransaction
from infra.logging import get_logger
from infra.outbox import enqueue
from infra.storage.errors import ObjectNotFoundError, ObjectTooLargeError
from infra.storage.expiry import remove_older
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage
from infra.storage.tenant import TenantStorage
from tenants import audit

# Longer than an upload is allowed for.
GIVEN_UP_AFTER: Final = timedelta(minutes=10)
LEFT_FOR: Final = timedelta(days=1)
_LONGEST_WAIT: Final = 60
_PDF_END: Final = 2_048
WHY: Final = {
    "never_arrived": "It was never uploaded.",
    "other_content": "What was uploaded isn't what was announced.",
    "heic": "HEIC isn't taken: let the phone send “most compatible”, or convert to JPEG.",
    "not_a_photo": "It is no JPEG, PNG or WebP photo, whatever it is called.",
    "other_type": "It is another type of photo than was announced.",
    "too_many_pixels": "It has more pixels than are taken.",
    "animated": "It is animated: send a single picture.",
    "broken": "It is damaged, or made to do damage: it can't be read to its end.",
    "too_long": "It takes too long to read.",
    "not_a_pdf": "It is no PDF document.",
}
_log = get_logger(__name__)


class PhotoCheck:
    """Handles `photo.check`; a photo that was checked is left as it is."""

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Check one photo, or look again later."""
        photo_id = UUID(payload["photo_id"])
        row = await repository.lock(tx, photo_id)
        if row is None or row["state"] != PhotoState.QUARANTINED:
            return
        photo = Photo.from_row(row)
        own = TenantStorage(self._storage, TenantPrefix(await repository.tenants_public_id(tx)))
        try:
            content = await own.get(f"{QUARANTINE}/{photo_id}", limit=LARGEST)
        except ObjectNotFoundError:
            await _later(tx, photo, int(payload["attempt"]))
            return
        except ObjectTooLargeError:
            content = b""
        await self._check(tx, own, photo, content)
        await own.delete(f"{QUARANTINE}/{photo_id}")

    async def _check(self, tx: TenantTransaction, own: TenantStorage, photo: Photo, content: bytes) -> None:
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        if len(content) != photo.size or digest != photo.sha256:
            await _refuse(tx, photo, "other_content")
        elif photo.content_type == PDF:
            await self._document(tx, own, photo, content)
        else:
            await self._photo(tx, own, photo, content)

    async def _photo(self, tx: TenantTransaction, own: TenantStorage, photo: Photo, content: bytes) -> None:
        found = await sandbox.rewrite(content)
        if isinstance(found, sandbox.Refused):
            await _refuse(tx, photo, found.why)
            return
        if found.kind != TYPES[photo.content_type]:
            await _refuse(tx, photo, "other_type")
            return
        await own.put(display_key(photo.photo_id), found.display, content_type="image/jpeg")
        await own.put(thumbnail_key(photo.photo_id), found.thumbnail, content_type="image/jpeg")
        values = [int(PhotoState.READY), clock.now(), None, found.width, found.height, found.taken_at]
        await repository.checked(tx, photo.photo_id, values)

    async def _document(self, tx: TenantTransaction, own: TenantStorage, photo: Photo, content: bytes) -> None:
        """A PDF is kept as it came and never opened here; whoever reads it saves it as a file."""
        if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-_PDF_END:]:
            await _refuse(tx, photo, "not_a_pdf")
            return
        await own.put(document_key(photo.photo_id), content, content_type=PDF)
        await repository.checked(tx, photo.photo_id, [int(PhotoState.READY), clock.now(), None, None, None, None])


async def _later(tx: TenantTransaction, photo: Photo, attempt: int) -> None:
    now = clock.now()
    if now - photo.allowed_at > GIVEN_UP_AFTER:
        await _refuse(tx, photo, "never_arrived")
        return
    due_at = now + timedelta(seconds=min(_LONGEST_WAIT, 2**attempt))
    await enqueue(tx, CHECK, [{"photo_id": str(photo.photo_id), "attempt": attempt + 1}], due_at=due_at)


async def _refuse(tx: TenantTransaction, photo: Photo, why: str) -> None:
    now = clock.now()
    await repository.checked(tx, photo.photo_id, [int(PhotoState.REFUSED), now, why if why in WHY else "broken", None, None, None])
    if why != "never_arrived":
        await audit.record(tx, None, "photo.refused", f"upload:{photo.photo_id}", after={"why": why})
    _log.info("photo_refused", why=why)


async def remove_left_over(storage: ObjectStorage, tenant_public_id: UUID, *, at_most: int) -> int:
    """Remove what nobody has taken out of quarantine for a day: it was uploaded when its check had given up."""
    own = TenantStorage(storage, TenantPrefix(tenant_public_id))
    return await remove_older(own, f"{QUARANTINE}/", than=clock.now() - LEFT_FOR, at_most=at_most)
