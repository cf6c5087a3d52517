"""A recall on a firm's public pages, and a consumer who asks to be told of it, confirms, and is told by mail."""

import re
from typing import Any, Final
from uuid import uuid4

import httpx

from backend.graphql.ids import uuid_of
from backend.history import recall_publisher, recall_repository
from backend.services import Services
from infra.database import TenantTransaction
from tenants.principal import Principal
from tests.graphql.conftest import Caller
from tests.history.markup import elements, text_of
from tests.notifications.conftest import PUT_CHANNEL
from tests.notifications.test_mail import PASSWORD, Post, settings

PUBLISHED: Final = "query($case: ID!) { recallPublication(caseId: $case) { watching told waiting failed products } }"
_LINK: Final = re.compile(r"(/tell-me/confirm/\S+)")


async def published(services: Services, principal: Principal, recall: str) -> None:
    """The recall stands on the public pages of its goods, as a worker puts it there."""
    case_id = uuid_of(recall, "RecallCase")

    async def publish(tx: TenantTransaction) -> None:
        await recall_publisher.follow(tx, {"case_id": str(case_id), "drill": False})
        assert case_id is not None
        begun = await recall_repository.publication(tx, case_id)
        assert begun is not None
        await recall_publisher.publish_goods(tx, {"case_id": str(case_id), "version": begun["version"], "after": begun["after"]})

    await services.in_tenant(principal.tenant_id, publish)


async def open_mail(caller: Caller, post: Post) -> None:
    """The firm has a mail server."""
    given = {"kind": "EMAIL", "name": "mail", "settings": settings(post, "tls"), "secrets": PASSWORD}
    answer = (await caller.post(PUT_CHANNEL, {"i": given}, Idempotency_Key=str(uuid4()))).json()
    assert [payload["userErrors"] for payload in answer["data"].values()] == [[]], answer


def mails_to(post: Post, email: str) -> list[Any]:
    """What has come for somebody."""
    return [mail for mail in post.mails if mail["To"] == email]


async def ask_to_be_told(client: httpx.AsyncClient, host: str, path: str, email: str) -> None:
    """A consumer fills in the form about goods."""
    headers = {"host": host, "accept": "text/html", "accept-language": "en"}
    page = await client.get(f"/tell-me{path}", headers=headers)
    assert page.status_code == 200, page.text
    [form] = elements(page, "//input[@name='form']/@value")
    answer = await client.post(f"/tell-me{path}", data={"form": form, "email": email}, headers=headers)
    assert "Look into your mail" in text_of(answer)


async def confirm(client: httpx.AsyncClient, host: str, post: Post, email: str) -> None:
    """He follows the link in the mail."""
    [mail] = mails_to(post, email)
    found = _LINK.search(mail.get_body(("plain",)).get_content())
    assert found is not None
    headers = {"host": host, "accept-language": "en"}
    assert (await client.get(found[1], headers=headers)).status_code == 200
    assert "Confirmed" in text_of(await client.post(found[1], headers=headers))
