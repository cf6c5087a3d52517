"""The embedded store behind the service's own port: presigned requests work through it, and only they do."""

import hashlib
from datetime import timedelta
from typing import Any, cast

import httpx

from backend.app import create_app
from backend.services import Services, build_services
from infra.settings import Settings
from infra.storage.keys import TenantPrefix
from infra.storage.s3 import S3Storage
from infra.storage.tenant import TenantStorage
from tests.firms import Firm


async def test_upload_and_download_go_through_the_one_port(settings: Settings, firm: Firm) -> None:
    own = settings.model_copy(update={"s3_public_endpoint": "http://suyuan.test", "s3_gateway": True})
    services: Services = build_services(own)
    storage: S3Storage = services.storage
    await storage.ensure_bucket()
    tenant = TenantStorage(storage, TenantPrefix(firm.tenant.public_id))
    content = "照片".encode() * 1000
    upload = await tenant.presign_upload(
        "quarantine/photo", content_type="image/jpeg", size=len(content), sha256=hashlib.sha256(content).digest(), expires=timedelta(minutes=5)
    )
    app = create_app(services=services)
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        refused = await client.put(upload.url, content=content[:-1] + b"x", headers=upload.headers)
        taken = await client.put(upload.url, content=content, headers=upload.headers)
        bare = await client.get(upload.url.split("?")[0])
        link = await tenant.presign_download("quarantine/photo", expires=timedelta(minutes=5))
        read = await client.get(link.url)
    assert (refused.status_code // 100, taken.status_code, bare.status_code // 100) == (4, 200, 4)
    assert read.content == content
    await services.close()
