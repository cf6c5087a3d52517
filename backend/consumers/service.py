"""Ask to be told, confirm it, end it: what somebody without an account may have written for him, and nothing else.

Whoever asks is told the same whether his address is known or not; only its owner learns more, by mail.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from backend.consumers import bells, repository
from backend.consumers.errors import AddressRefusedError, LinkInvalidError, TooManyAskError
from backend.consumers.tokens import KEPT, PENDING, ConsumerKeys
from backend.notifications.configurations import EMAIL
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants import audit

LONGEST_EMAIL: Final = 254
# Confirmations that a company's server is made to send: nobody can have it write to strangers by the thousand.
AN_HOUR: Final = 1_000
OF_AN_ADDRESS_A_DAY: Final = 5
AGAIN_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Watched:
    """What somebody wants to be told of: a lot, or with an empty `lot` a whole product."""

    key: str
    gtin: str
    lot: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its owner sees it by his link."""

    watched: Watched
    confirmed: bool


def subject_of(watch_id: UUID) -> str:
    """What the audit trail calls a request."""
    return f"consumer_watch:{watch_id}"


def checked(email: str) -> str:
    """The address, trimmed. Raises `AddressRefusedError`."""
    trimmed = email.strip()
    if len(trimmed) > LONGEST_EMAIL or not EMAIL.fullmatch(trimmed):
        raise AddressRefusedError
    return trimmed


async def ask(tx: TenantTransaction, keys: ConsumerKeys, watched: Watched, *, email: str, language: str) -> None:
    """Have the owner of an address asked by mail whether he wants to be told.

    Nothing is said of whether the address is known. Raises `AddressRefusedError`, `TooManyAskError`.
    """
    address, moment = checked(email), clock.now()
    digests = keys.digests(tx.tenant_id, address)
    everybody, _ = await repository.asked_since(tx, moment - timedelta(hours=1), digests, AN_HOUR)
    if everybody >= AN_HOUR:
        raise TooManyAskError
    _, own = await repository.asked_since(tx, moment - timedelta(days=1), digests, 1)
    known = await repository.lock_watch(tx, digests, watched.key)
    if own >= OF_AN_ADDRESS_A_DAY or (known is not None and (known["confirmed_at"] or known["asked_at"] > moment - AGAIN_AFTER)):
        return
    if known is None:
        watch_id, times = uuid7(), 1
        if not await repository.insert_watch(
            tx, watch_id=watch_id, key=watched.key, gtin=watched.gtin, lot=watched.lot, digest=digests[0],
            email=keys.seal(tx.tenant_id, watch_id, address), key_id=keys.key_id, language=language, at=moment, expires_at=moment + PENDING,
        ):  # fmt: skip
            return
    else:
        watch_id, times = known["watch_id"], known["asked_times"] + 1
        await repository.ask_again(tx, watch_id, moment, moment + PENDING)
    await audit.record(tx, None, "consumer_watch.asked", subject_of(watch_id), after={"goods": watched.key})
    await repository.put_mails(tx, [watch_id], f"{bells.CONFIRM}{times}", moment)
    await bells.ring_at(tx, moment)


async def look(tx: TenantTransaction, watch_id: UUID) -> Request:
    """What a link is about. Raises `LinkInvalidError`."""
    row = await repository.watch(tx, watch_id)
    if row is None or row["expires_at"] <= clock.now():
        raise LinkInvalidError
    return Request(Watched(row["key"], row["gtin"], row["lot"]), confirmed=row["confirmed_at"] is not None)


async def confirm(tx: TenantTransaction, watch_id: UUID) -> Request:
    """The owner of the address wants to be told; once more is the same. Raises `LinkInvalidError`."""
    before = await look(tx, watch_id)
    moment = clock.now()
    if before.confirmed:
        return before
    row = await repository.confirm(tx, watch_id, moment, moment + KEPT)
    if row is None:
        raise LinkInvalidError
    await audit.record(tx, None, "consumer_watch.confirmed", subject_of(watch_id), after={"goods": row["key"]})
    return Request(before.watched, confirmed=True)


async def stop(tx: TenantTransaction, watch_id: UUID) -> None:
    """Forget a request with its address; once more is the same."""
    if await repository.delete_watch(tx, watch_id):
        await audit.record(tx, None, "consumer_watch.ended", subject_of(watch_id))


async def reseal(tx: TenantTransaction, keys: ConsumerKeys) -> tuple[int, list[UUID]]:
    """Seal addresses with the current key; gives how many, and the requests that no known key opens."""
    done, lost, after = 0, list[UUID](), UUID(int=0)
    while rows := await repository.sealed_by_others(tx, keys.key_id, after, 500):
        for row in rows:
            after = row["watch_id"]
            address = keys.opened(tx.tenant_id, after, row["key_id"], row["email"])
            if address is None:
                lost.append(after)
                continue
            sealed, digest = keys.seal(tx.tenant_id, after, address), keys.digests(tx.tenant_id, address)[0]
            await repository.reseal(tx, after, sealed, keys.key_id, digest)
            done += 1
    return done, lost
