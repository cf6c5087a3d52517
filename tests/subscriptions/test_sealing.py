"""Signature tokens at rest: sealed for their own subscription, with keys that can be changed."""

from uuid import uuid4

import pytest
from pydantic import SecretStr

from backend.subscriptions.delivery import Deliveries
from backend.subscriptions.sealing import TokenSealer, TokenUnreadableError
from infra.settings import Settings
from tests.subscriptions.conftest import TOKEN, Desk, received
from tests.subscriptions.receiver import Receiver


def changed(settings: Settings, *, retired: bool = True) -> Settings:
    """The settings with another key, and perhaps the former one beside it."""
    former = (settings.encryption_key,) if retired else ()
    return settings.model_copy(update={"encryption_key": SecretStr("demo-another-key"), "encryption_retired_keys": former})


def test_a_token_opens_for_its_subscription_alone_and_with_a_retired_key_too(settings: Settings) -> None:
    sealer, subscription = TokenSealer(settings), uuid4()
    sealed = sealer.seal(7, subscription, TOKEN)
    assert TOKEN.encode() not in sealed
    assert sealer.open(7, subscription, sealer.key_id, sealed) == TOKEN
    assert TokenSealer(changed(settings)).open(7, subscription, sealer.key_id, sealed) == TOKEN
    for tenant_id, other, text in ((8, subscription, sealed), (7, uuid4(), sealed), (7, subscription, sealed[:-1]), (7, subscription, b"")):
        with pytest.raises(TokenUnreadableError):
            sealer.open(tenant_id, other, sealer.key_id, text)
    with pytest.raises(TokenUnreadableError, match="put the former key"):
        TokenSealer(changed(settings, retired=False)).open(7, subscription, sealer.key_id, sealed)


async def test_sealed_anew_the_former_key_is_dispensable(desk: Desk, receiver: Receiver, settings: Settings) -> None:
    await desk.name()
    await desk.subscribe(receiver.url(), signatureToken=TOKEN)
    deliveries = Deliveries(desk.services.database, changed(settings))
    assert (await deliveries.reseal())[0] >= 1
    assert await deliveries.reseal() == (0, [])
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        row = await tx.fetchrow("select subscription_id, signature_token, signature_key_id from query_subscription where tenant_id = $1")
    assert row is not None
    sealer = TokenSealer(changed(settings, retired=False))
    assert sealer.open(desk.firm.tenant_id, row["subscription_id"], row["signature_key_id"], row["signature_token"]) == TOKEN
    # So that other tests of this run find what their own key has sealed.
    assert (
        await Deliveries(desk.services.database, settings.model_copy(update={"encryption_retired_keys": (SecretStr("demo-another-key"),)})).reseal()
    )[0] >= 1
    await desk.capture(received(1))
    await desk.work()
    assert "gs1-signature" in receiver.received[0].headers
