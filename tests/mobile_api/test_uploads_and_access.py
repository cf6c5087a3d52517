"""Photos go into quarantine exactly as announced; and who may use the phones' routes at all."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.clock import now
from infra.storage.errors import ObjectNotFoundError
from tenants.permissions import ROLES, Permission, Role
from tests.factories import FLOUR, lot
from tests.firms import Firm
from tests.mobile_api.phones import NewPhone, Phone, received

PHOTO = b"\xff\xd8\xff\xe0 not really a photograph"
ASKED = {"contentType": "image/jpeg", "size": len(PHOTO), "sha256": hashlib.sha256(PHOTO).hexdigest()}
ROUTES: list[tuple[str, str, Any]] = [
    ("POST", "/mobile/v1/sync", {"entries": [received(lot(FLOUR, "F1"))]}),
    ("GET", "/mobile/v1/changes", None),
    ("POST", "/mobile/v1/uploads", ASKED),
]


async def ask(phone: Phone, **fields: Any) -> httpx.Response:
    return await phone.client.post("/mobile/v1/uploads", json=ASKED | fields, headers=phone.headers)


@pytest.fixture
async def bucket(phone: Phone) -> None:
    await phone.services.storage.ensure_bucket()


@pytest.mark.usefixtures("bucket")
async def test_an_announced_photo_lands_in_the_tenants_quarantine(phone: Phone) -> None:
    response = await ask(phone)
    assert response.status_code == 201
    allowed = response.json()
    assert (allowed["state"], allowed["method"]) == ("quarantined", "PUT")
    async with httpx.AsyncClient() as store:
        assert (await store.put(allowed["url"], content=PHOTO, headers=allowed["headers"])).status_code == 200
        assert (await store.get(allowed["url"])).status_code == 403
    key = f"{phone.firm.tenant.public_id}/quarantine/{allowed['id']}"
    stored = await phone.services.storage.head(key)
    assert (stored.size, stored.content_type) == (len(PHOTO), "image/jpeg")
    trail = await phone.rows("select after from audit_entry where tenant_id = $1 and subject = $2", f"upload:{allowed['id']}")
    assert [json.loads(after) for (after,) in trail] == [ASKED]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("content", "headers"),
    [(PHOTO + b"!", {}), (PHOTO[:-1] + b"!", {}), (PHOTO, {"Content-Type": "text/html"}), (PHOTO, {"x-amz-checksum-sha256": "A" * 43 + "="})],
    ids=["longer", "other content", "other type", "other checksum"],
)
async def test_anything_else_than_what_was_announced_is_refused_by_the_store(phone: Phone, content: bytes, headers: dict[str, str]) -> None:
    allowed = (await ask(phone)).json()
    async with httpx.AsyncClient() as store:
        assert (await store.put(allowed["url"], content=content, headers=allowed["headers"] | headers)).status_code in (400, 403)
    with pytest.raises(ObjectNotFoundError):
        await phone.services.storage.head(f"{phone.firm.tenant.public_id}/quarantine/{allowed['id']}")


@pytest.mark.parametrize(
    "fields",
    [
        {"size": 10_000_001},
        {"size": 0},
        {"size": "large"},
        {"contentType": "image/svg+xml"},
        {"contentType": "text/html"},
        {"contentType": "image/jpeg\r\nX: y"},
        {"sha256": "00"},
        {"sha256": "Z" * 64},
        {"key": "../../other"},
    ],
)
async def test_what_is_no_small_photo_is_refused(phone: Phone, fields: dict[str, Any]) -> None:
    response = await ask(phone, **fields)
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_INPUT")
    assert response.headers["content-type"] == "application/problem+json"
    assert await phone.rows("select 1 from audit_entry where tenant_id = $1 and action = 'upload.allowed'") == []


async def request(client: httpx.AsyncClient, route: tuple[str, str, Any], headers: dict[str, str]) -> tuple[int, str]:
    method, path, body = route
    response = await client.request(method, path, json=body, headers=headers)
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route[1])
async def test_nobody_and_whose_time_is_over_are_refused(phone: Phone, route: tuple[str, str, Any]) -> None:
    expired = phone.services.identity.access_tokens.issue(
        subject_id=uuid4(), tenant_public_id=phone.firm.tenant.public_id, session_id=uuid4(), epoch=0, issued_at=now() - timedelta(hours=1)
    )
    assert await request(phone.client, route, {}) == (401, "NOT_AUTHENTICATED")
    assert await request(phone.client, route, {"Authorization": f"Bearer {expired}"}) == (401, "TOKEN_EXPIRED")
    assert await request(phone.client, route, {"Authorization": f"{phone.headers['Authorization']}x"}) == (401, "TOKEN_INVALID")
    assert await phone.bodies() == {}


@pytest.mark.parametrize("role", [Role.PARTNER, Role.AUDITOR, Role.PURCHASING])
async def test_a_role_without_a_phone_is_refused(new_phone: NewPhone, firm: Firm, role: Role) -> None:
    phone = await new_phone(firm, role)
    for route in ROUTES:
        assert await request(phone.client, route, phone.headers) == (403, "PERMISSION_DENIED")
    assert await phone.bodies() == {}


def test_whoever_has_a_phone_may_see_what_it_shows_and_tell_what_he_did() -> None:
    shown = {Permission.CATALOG_READ, Permission.HOLDS_READ, Permission.EVENTS_CAPTURE}
    assert all(shown <= permissions for permissions in ROLES.values() if Permission.MOBILE_SYNC in permissions)
