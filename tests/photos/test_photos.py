"""From leave to upload to an address to read: over GraphQL, the object store and the worker's job."""

import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from backend.graphql.ids import global_id, parse_global_id
from backend.photos import checking, repository
from backend.photos import service as photos
from backend.photos.errors import PhotoNotFoundError, PhotoRefusedError, TooManyPhotosError
from backend.photos.service import PhotoState
from backend.services import Services
from infra import clock
from infra.storage.errors import ObjectNotFoundError
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants.permissions import Role
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.photos import pictures
from tests.photos.pictures import encoded, picture, with_metadata

__all__ = ["anonymous", "caller_of", "owner"]
ALLOW = """mutation($input: AllowUploadInput!) { allowUpload(input: $input) { userErrors { field code message } method url
  headers { name value } photo { id state } } }"""
PHOTOS = """query($ids: [ID!]!) { photos(ids: $ids) { id state refusal contentType size sha256 width height takenAt
  addresses { display thumbnail expiresAt } } }"""


@pytest.fixture(autouse=True)
async def bucket(services: Services) -> None:
    await services.storage.ensure_bucket()


def announced(content: bytes, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"contentType": kind, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


async def upload(caller: Caller, content: bytes, kind: str = "image/jpeg") -> str:
    payload = await caller.command(ALLOW, announced(content, kind))
    assert payload["userErrors"] == []
    async with httpx.AsyncClient() as store:
        headers = {one["name"]: one["value"] for one in payload["headers"]}
        assert (await store.request(payload["method"], payload["url"], content=content, headers=headers)).status_code == 200
    photo: str = payload["photo"]["id"]
    return photo


def uuid_in(identifier: str) -> UUID:
    return UUID((parse_global_id(identifier) or ("", ""))[1])


async def check(services: Services, firm: Firm, photo: str) -> None:
    """The worker's job, here and now."""
    async with services.database.tenant(firm.tenant_id) as tx:
        await checking.PhotoCheck(services.storage)(tx, {"photo_id": str(uuid_in(photo)), "attempt": 1})


async def told(caller: Caller, photo: str) -> dict[str, Any]:
    [found] = (await caller.ask(PHOTOS, {"ids": [photo]}))["photos"]
    return dict(found)


def stored(services: Services, firm: Firm) -> TenantStorage:
    return TenantStorage(services.storage, TenantPrefix(firm.tenant.public_id))


async def fetched(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as store:
        return await store.get(url)


async def test_a_photo_is_uploaded_checked_and_shown_without_where_it_was_taken(services: Services, firm: Firm, owner: Caller) -> None:
    content = with_metadata()
    photo = await upload(owner, content)
    waiting = await told(owner, photo)
    assert (waiting["state"], waiting["addresses"]) == ("QUARANTINED", {"display": None, "thumbnail": None, "expiresAt": None})
    await check(services, firm, photo)
    ready = await told(owner, photo)
    assert (ready["state"], ready["width"], ready["height"], ready["takenAt"]) == ("READY", 640, 480, "2026-03-02T08:15:00+08:00")
    assert ready["sha256"] == hashlib.sha256(content).hexdigest()
    for name, longest in (("display", 640), ("thumbnail", 400)):
        answer = await fetched(ready["addresses"][name])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert b"SECRET" not in answer.content
        image = Image.open(io.BytesIO(answer.content))
        assert (image.size[0], dict(image.getexif())) == (longest, {})
    with pytest.raises(ObjectNotFoundError):
        await stored(services, firm).head(f"quarantine/{uuid_in(photo)}")
    # Told twice it is checked once.
    await check(services, firm, photo)
    assert (await told(owner, photo))["state"] == "READY"


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "GIF renamed": (encoded(picture(8, 8), "GIF"), "image/jpeg", "no JPEG"),
    "HTML": (pictures.HTML, "image/png", "no JPEG"),
    "HEIC renamed": (pictures.HEIC, "image/jpeg", "HEIC"),
    "another type": (encoded(picture(), "PNG"), "image/jpeg", "another type"),
    "bomb": (pictures.png_of(20_000, 20_000), "image/png", "more pixels"),
    "animated": (pictures.animated("WEBP"), "image/webp", "animated"),
    "cut off": (with_metadata()[:3_000], "image/jpeg", "damaged"),
    "photo as PDF": (encoded(picture()), "application/pdf", "no PDF"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_poisoned_photo_is_refused_with_a_word_and_goes(services: Services, firm: Firm, owner: Caller, name: str) -> None:
    content, kind, words = REFUSED[name]
    photo = await upload(owner, content, kind)
    await check(services, firm, photo)
    found = await told(owner, photo)
    assert (found["state"], words in found["refusal"], found["addresses"]["display"]) == ("REFUSED", True, None)
    assert (await stored(services, firm).list_objects("")).objects == ()
    async with services.database.tenant(firm.tenant_id) as tx:
        trail = await tx.fetchval("select after from audit_entry where tenant_id = $1 and action = 'photo.refused'")
        with pytest.raises(PhotoRefusedError):
            await photos.attach(tx, firm.principal, photo_ids=[uuid_in(photo)], subject="inspection:1")
    assert json.loads(trail)["why"] in checking.WHY


async def test_a_certificate_is_kept_as_it_came(services: Services, firm: Firm, owner: Caller) -> None:
    photo = await upload(owner, pictures.PDF, "application/pdf")
    await check(services, firm, photo)
    ready = await told(owner, photo)
    assert (ready["state"], ready["addresses"]["thumbnail"]) == ("READY", None)
    answer = await fetched(ready["addresses"]["display"])
    assert (answer.content, answer.headers["content-type"]) == (pictures.PDF, "application/pdf")
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("given", "code"),
    [({"contentType": "image/heic"}, "PHOTO_TYPE_REFUSED"), ({"contentType": "image/svg+xml"}, "PHOTO_TYPE_REFUSED"),
     ({"contentType": "text/html"}, "PHOTO_TYPE_REFUSED"), ({"size": 0}, "PHOTO_SIZE_REFUSED"), ({"size": 10_000_001}, "PHOTO_SIZE_REFUSED"),
     ({"sha256": "00"}, "INVALID_INPUT"), ({"sha256": "Z" * 64}, "INVALID_INPUT")],
)  # fmt: skip
async def test_what_may_not_be_uploaded_is_refused_and_nothing_written(services: Services, firm: Firm, owner: Caller, given: Any, code: str) -> None:
    payload = await owner.command(ALLOW, announced(b"x") | given)
    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert (payload["url"], payload["photo"]) == (None, None)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from photo where tenant_id = $1") == 0


async def test_a_repetition_is_the_same_photo(owner: Caller) -> None:
    key, content = str(uuid4()), encoded(picture())
    first, second = [await owner.command(ALLOW, announced(content), key) for _ in range(2)]
    assert first["photo"]["id"] == second["photo"]["id"]
    assert second["url"]


async def test_the_check_looks_again_and_gives_up_when_the_upload_is_not_allowed_any_more(services: Services, firm: Firm, owner: Caller) -> None:
    payload = await owner.command(ALLOW, announced(b"never comes"))
    photo = payload["photo"]["id"]
    await check(services, firm, photo)
    assert (await told(owner, photo))["state"] == "QUARANTINED"
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select payload from outbox where tenant_id = $1 and topic = 'photo.check' order by outbox_id")
        assert [json.loads(row["payload"])["attempt"] for row in rows] == [1, 2]
        await tx.execute("update photo set allowed_at = allowed_at - interval '1 hour' where tenant_id = $1")
    await check(services, firm, photo)
    found = await told(owner, photo)
    assert (found["state"], found["refusal"]) == ("REFUSED", "It was never uploaded.")


async def test_content_that_was_exchanged_in_the_store_is_refused(services: Services, firm: Firm, owner: Caller) -> None:
    photo = await upload(owner, encoded(picture()))
    await stored(services, firm).put(f"quarantine/{uuid_in(photo)}", encoded(picture(30, 30)), content_type="image/jpeg")
    await check(services, firm, photo)
    assert "isn't what was announced" in (await told(owner, photo))["refusal"]


async def test_photos_belong_to_things_once_and_in_order(services: Services, firm: Firm, owner: Caller) -> None:
    first, second = [uuid_in(await upload(owner, encoded(picture(40 + number, 40)))) for number in range(2)]
    async with services.database.tenant(firm.tenant_id) as tx:
        for _ in range(2):
            await photos.attach(tx, firm.principal, photo_ids=[second, first, second], subject="inspection:1")
        await photos.attach(tx, firm.principal, photo_ids=[first], subject="inspection:2")
        found = await photos.of(tx, ["inspection:1", "inspection:2", "inspection:3"])
        assert {subject: [photo.photo_id for photo in several] for subject, several in found.items()} == {
            "inspection:1": [first, second], "inspection:2": [first],
        }  # fmt: skip
        with pytest.raises(PhotoNotFoundError):
            await photos.attach(tx, firm.principal, photo_ids=[uuid4()], subject="inspection:1")
        with pytest.raises(TooManyPhotosError):
            await photos.attach(tx, firm.principal, photo_ids=[uuid4() for _ in range(21)], subject="inspection:1")
        assert await tx.fetchval("select count(*) from audit_entry where tenant_id = $1 and action = 'photo.attached'") == 2


async def test_another_firm_sees_no_photo(services: Services, owner: Caller, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    photo = await upload(owner, encoded(picture()))
    stranger = await caller_of(other_firm)
    assert (await stranger.ask(PHOTOS, {"ids": [photo]}))["photos"] == []
    async with services.database.tenant(other_firm.tenant_id) as tx:
        with pytest.raises(PhotoNotFoundError):
            await photos.attach(tx, other_firm.principal, photo_ids=[uuid_in(photo)], subject="inspection:1")


async def test_who_records_no_inspections_uploads_nothing(firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    auditor = await caller_of(firm, Role.AUDITOR)
    refused = await auditor.refusal(ALLOW, {"input": announced(b"x")}, Idempotency_Key=str(uuid4()))
    assert refused["code"] == "PERMISSION_DENIED"


async def test_unknown_ids_and_too_many_are_refused(owner: Caller) -> None:
    assert (await owner.refusal(PHOTOS, {"ids": ["nothing"]}))["code"] == "PHOTO_NOT_FOUND"
    many = [global_id("Photo", uuid4()) for _ in range(21)]
    assert (await owner.refusal(PHOTOS, {"ids": many}))["code"] == "TOO_MANY_PHOTOS"


async def test_what_is_left_in_quarantine_goes_after_a_day(services: Services, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    own = stored(services, firm)
    await own.put("quarantine/left", b"x", content_type="image/jpeg")
    assert await checking.remove_left_over(services.storage, firm.tenant.public_id, at_most=9) == 0
    late = clock.now() + timedelta(days=2)
    monkeypatch.setattr("backend.photos.checking.clock.now", lambda: late)
    assert await checking.remove_left_over(services.storage, firm.tenant.public_id, at_most=9) == 1
    assert (await own.list_objects("quarantine/")).objects == ()


async def test_the_states_are_stored_as_numbers_that_stay(services: Services, firm: Firm, owner: Caller) -> None:
    photo = await upload(owner, encoded(picture()))
    async with services.database.tenant(firm.tenant_id) as tx:
        [row] = await repository.by_ids(tx, [uuid_in(photo)])
    assert (row["state"], PhotoState.QUARANTINED, PhotoState.READY, PhotoState.REFUSED) == (1, 1, 2, 3)
