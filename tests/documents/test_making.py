"""A document's way: asked for, made outside of transactions, stored once, whatever happens to the worker meanwhile."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from backend.documents import repository
from backend.documents.errors import (
    DocumentInputError,
    DocumentNotFoundError,
    DocumentStateError,
    DocumentSubjectNotFoundError,
    TooManyDocumentsError,
)
from backend.documents.kinds import DocumentKind, DocumentState, Subject
from backend.documents.running import DocumentMaking
from backend.documents.service import MOST_OPEN, Wanted, request
from backend.documents.work import Work
from backend.services import Services
from infra.errors import InvalidInputError, PermissionDeniedError, UnavailableError
from infra.ids import uuid7
from infra.queue import perform
from infra.storage.errors import StorageUnavailableError
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants.permissions import Role
from tests.documents.conftest import LOT, House, TrialMaker, soon
from tests.firms import Firm


async def files_of(house: House, firm: Firm | None = None) -> list[str]:
    own = TenantStorage(house.services.storage, TenantPrefix((firm or house.firm).tenant.public_id))
    return [found.key for found in (await own.list_objects("documents/")).objects]


async def test_a_document_is_made_stored_and_told_of(house: House) -> None:
    document_id = await house.ask()
    waiting = await house.get(document_id)
    assert (waiting.state, waiting.number[:2], waiting.size) == (DocumentState.QUEUED, "D-", None)
    await house.work()
    made = await house.get(document_id)
    assert (made.state, made.file_name, made.content_type, made.rows, made.attempts) == (DocumentState.READY, "批次 lot-1.csv", "text/csv", 1, 1)
    [key] = await files_of(house)
    own = TenantStorage(house.services.storage, TenantPrefix(house.firm.tenant.public_id))
    content = await own.get(key)
    assert (made.storage_key, made.size, made.sha256) == (key, len(content), hashlib.sha256(content).digest())
    assert made.content_sha256 is not None
    assert len(made.content_sha256) == 64
    assert made.generator == "Suyuan 0.1.0 test 1"
    trail = await house.within(
        lambda tx: tx.fetch("select action from audit_entry where tenant_id = $1 and subject like 'document:%' order by audit_id")
    )
    assert [row["action"] for row in trail] == ["document.requested", "document.made"]


async def test_a_printed_document_has_its_pages_counted(house: House, maker: TrialMaker) -> None:
    maker.printed = True
    document_id = await house.ask()
    await house.work()
    made = await house.get(document_id)
    assert (made.state, made.pages, made.content_type) == (DocumentState.READY, 1, "application/pdf")


async def test_nothing_of_the_database_is_held_while_it_is_made(house: House, maker: TrialMaker) -> None:
    async def look(work: Work) -> None:
        found = await work.in_tenant(
            lambda tx: tx.fetchval(
                "select count(*) from pg_stat_activity where state like 'idle in transaction%' and $1::int > 0 and datname = current_database()"
            )
        )
        assert found == 0
        row = await work.in_tenant(lambda tx: repository.by_id(tx, work.document_id))
        assert row is not None
        assert (row["state"], row["done"], row["total"], row["words"]) == (DocumentState.MAKING, 1, 2, "读取")

    maker.hinder = look
    document_id = await house.ask()
    await house.work()
    assert (await house.get(document_id)).failure is None


async def test_a_worker_that_was_killed_leaves_one_file_and_one_entry(house: House, maker: TrialMaker) -> None:
    """It is killed after the file was stored and before that was written down: the hardest moment."""
    document_id = await house.ask()
    [row] = await house.within(lambda tx: tx.fetch("select outbox_id from outbox where tenant_id = $1 and topic = 'document.make'"))
    rest = await house.within(lambda tx: house.making(tx, {"document_id": str(document_id)}))
    assert rest is not None
    own = TenantStorage(house.services.storage, TenantPrefix(house.firm.tenant.public_id))
    [run_id] = await house.within(lambda tx: tx.fetchrow("select run_id from document where tenant_id = $1"))
    await own.put(f"documents/{document_id}/{run_id}", b"half of it", content_type="text/csv")
    # While it may still be alive nobody else begins.
    await perform(house.services.database, house.handlers, house.firm.tenant_id, row["outbox_id"], seconds=60)
    assert (await house.get(document_id)).state is DocumentState.MAKING
    await house.within(lambda tx: tx.execute("update document set run_until = now() where tenant_id = $1"))
    await house.hurry()
    await house.work()
    made = await house.get(document_id)
    assert (made.state, made.attempts) == (DocumentState.READY, 2)
    assert await files_of(house) == [made.storage_key]
    assert made.storage_key != f"documents/{document_id}/{run_id}"
    # The one that was taken for dead wakes up: nothing comes of it.
    await rest()
    assert await files_of(house) == [made.storage_key]
    assert await house.get(document_id) == made


async def test_one_that_was_overtaken_takes_nothing_from_the_one_that_goes_on(house: House) -> None:
    """It wakes up when the other one has stored its file and hasn't written that down yet."""
    document_id = await house.ask()
    rest = await house.within(lambda tx: house.making(tx, {"document_id": str(document_id)}))
    assert rest is not None
    other = uuid7()
    await house.within(lambda tx: tx.execute("update document set run_id = $2 where tenant_id = $1", other))
    own = TenantStorage(house.services.storage, TenantPrefix(house.firm.tenant.public_id))
    await own.put(f"documents/{document_id}/{other}", b"all of it", content_type="text/csv")
    await rest()
    assert await files_of(house) == [f"documents/{document_id}/{other}"]
    assert (await house.get(document_id)).state is DocumentState.MAKING


async def test_it_is_done_once_though_the_row_is_done_twice(house: House, maker: TrialMaker) -> None:
    document_id = await house.ask()
    await house.work()
    made = await house.get(document_id)
    assert await house.within(lambda tx: house.making(tx, {"document_id": str(document_id)})) is None
    assert maker.begun == [document_id]
    assert await house.get(document_id) == made


async def test_what_is_cancelled_in_the_middle_stops_and_leaves_nothing(house: House, maker: TrialMaker) -> None:
    async def wait(work: Work) -> None:
        await asyncio.sleep(30)

    maker.hinder = wait
    document_id = await house.ask()
    working = asyncio.create_task(house.work())
    await soon(lambda: _is(house, document_id, DocumentState.MAKING))
    await house.within(lambda tx: house.services.documents.cancel(tx, house.firm.principal, document_id))
    async with asyncio.timeout(10):
        await working
    assert (await house.get(document_id)).state is DocumentState.CANCELLED
    assert await files_of(house) == []
    with pytest.raises(DocumentStateError):
        await house.within(lambda tx: house.services.documents.cancel(tx, house.firm.principal, document_id))
    maker.hinder = None
    await house.within(lambda tx: house.services.documents.retry(tx, house.firm.principal, document_id))
    await house.work()
    assert (await house.get(document_id)).state is DocumentState.READY


async def _is(house: House, document_id: object, state: DocumentState) -> bool:
    return (await house.get(document_id)).state is state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "problem", [UnavailableError("The press is busy.", retry_after=1), StorageUnavailableError("The store is away."), OSError("x")]
)
async def test_what_is_away_is_waited_for_and_told(house: House, maker: TrialMaker, problem: Exception) -> None:
    async def hinder(work: Work) -> None:
        raise problem

    maker.hinder = hinder
    document_id = await house.ask()
    await house.work()
    waiting = await house.get(document_id)
    assert (waiting.state, waiting.attempts) == (DocumentState.QUEUED, 1)
    assert waiting.failure
    assert "busy" in waiting.failure or "away" in waiting.failure
    maker.hinder = None
    await house.hurry()
    await house.work()
    made = await house.get(document_id)
    assert (made.state, made.failure, made.attempts) == (DocumentState.READY, None, 2)


async def test_what_stays_away_ends_with_a_reason_and_is_tried_again_by_hand(house: House, maker: TrialMaker) -> None:
    async def hinder(work: Work) -> None:
        raise UnavailableError("The press is busy.", retry_after=1)

    maker.hinder = hinder
    document_id = await house.ask()
    for _ in range(9):
        await house.work()
        await house.hurry()
    failed = await house.get(document_id)
    assert (failed.state, failed.failure, failed.attempts) == (DocumentState.FAILED, "The press is busy.", 8)
    maker.hinder = None
    await house.within(lambda tx: house.services.documents.retry(tx, house.firm.principal, document_id))
    await house.work()
    assert (await house.get(document_id)).state is DocumentState.READY


async def test_a_refusal_and_a_fault_end_it_in_words_that_tell_nothing_internal(house: House, maker: TrialMaker) -> None:
    async def refuse(work: Work) -> None:
        raise InvalidInputError("The lot has no inspection to certify.")

    async def break_down(work: Work) -> None:
        raise KeyError("internal 4711")

    maker.hinder = refuse
    refused = await house.ask()
    await house.work()
    found = await house.get(refused)
    assert (found.state, found.failure, found.attempts) == (DocumentState.FAILED, "The lot has no inspection to certify.", 1)
    maker.hinder = break_down
    broken = await house.ask()
    for _ in range(4):
        await house.work()
        await house.hurry()
    found = await house.get(broken)
    assert (found.state, found.attempts) == (DocumentState.FAILED, 3)
    assert found.failure is not None
    assert "4711" not in found.failure
    assert "our side" in found.failure


async def test_one_at_a_time_of_a_tenant_and_others_beside_it(house: House, maker: TrialMaker, other_firm: Firm) -> None:
    at_once: dict[int, int] = {}
    most: dict[str, int] = {"own": 0, "all": 0}

    async def count(work: Work) -> None:
        at_once[work.tenant_id] = at_once.get(work.tenant_id, 0) + 1
        most["own"], most["all"] = max(most["own"], *at_once.values()), max(most["all"], sum(at_once.values()))
        await asyncio.sleep(0.3)
        at_once[work.tenant_id] -= 1

    maker.hinder = count
    for number in range(3):
        await house.ask(Subject(DocumentKind.LOT_DOSSIER, f"lot-{number}"))
    await house.ask(firm=other_firm)
    rows = [
        (firm.tenant_id, row["outbox_id"])
        for firm in (house.firm, other_firm)
        for row in await house.within(lambda tx: tx.fetch("select outbox_id from outbox where tenant_id = $1 and topic = 'document.make'"), firm)
    ]
    for _ in range(4):
        await asyncio.gather(*(perform(house.services.database, house.handlers, tenant, row, seconds=60) for tenant, row in rows))
    assert most == {"own": 1, "all": 2}
    listed = await house.within(lambda tx: house.services.documents.page(tx, house.firm.principal, Wanted(), cursor=None, backward=False, limit=10))
    assert [each.state for each in listed] == [DocumentState.READY] * 3


async def test_the_same_asked_twice_is_one_and_a_flood_is_refused(house: House) -> None:
    first = await house.ask()
    assert await house.ask() == first
    assert await house.ask(language="en") != first
    for number in range(MOST_OPEN - 2):
        await house.ask(Subject(DocumentKind.LOT_DOSSIER, f"flood-{number}"))
    with pytest.raises(TooManyDocumentsError):
        await house.ask(Subject(DocumentKind.LOT_DOSSIER, "one more"))
    # What the service itself needs is asked for nevertheless.
    await house.within(lambda tx: request(tx, None, Subject(DocumentKind.RECALL_REPORT, "recall:x"), language="en"))
    await house.within(lambda tx: tx.execute("update outbox set done_at = now() where tenant_id = $1"))


@pytest.mark.parametrize(
    ("subject", "language", "told"),
    [
        (LOT, "de", "“de”"), (Subject(DocumentKind.LOT_DOSSIER, ""), "en", "reference"), (Subject(DocumentKind.LOT_DOSSIER, "x" * 501), "en", "500"),
        (Subject(DocumentKind.LOT_DOSSIER, "x", {"a": "b" * 501}), "en", "parameter"),
        (Subject(DocumentKind.LOT_DOSSIER, "x", {str(at): "" for at in range(13)}), "en", "12"),
        (Subject(DocumentKind.RECALL_REPORT, "x"), "en", "Recall report"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_with_the_mend_and_writes_nothing(house: House, subject: Subject, language: str, told: str) -> None:
    with pytest.raises(DocumentInputError) as refusal:
        await house.ask(subject, language=language)
    assert told in refusal.value.message
    with pytest.raises(DocumentSubjectNotFoundError):
        await house.ask(Subject(DocumentKind.LOT_DOSSIER, "unknown"))
    assert await house.within(lambda tx: tx.fetchval("select count(*) from document where tenant_id = $1")) == 0


async def test_another_tenant_and_another_role_see_nothing(house: House, other_firm: Firm) -> None:
    document_id = await house.ask()
    await house.work()
    with pytest.raises(DocumentNotFoundError):
        await house.get(document_id, firm=other_firm)
    with pytest.raises(PermissionDeniedError):
        await house.get(document_id, house.firm.as_role(Role.WORKER))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PURCHASING])
async def test_who_only_reads_has_documents_made_and_takes_nobodys_away(house: House, role: Role) -> None:
    reader, theirs = replace(house.firm.as_role(role), actor_id=uuid7(), membership_id=uuid7()), await house.ask()
    documents = house.services.documents
    with pytest.raises(PermissionDeniedError, match=r"recalls\.manage"):
        await house.within(lambda tx: documents.cancel(tx, reader, theirs))
    mine = await house.ask(principal=reader, language="en")
    await house.work()
    assert [(await house.get(each, reader)).state for each in (mine, theirs)] == [DocumentState.READY] * 2
    with pytest.raises(PermissionDeniedError, match=r"recalls\.manage"):
        await house.within(lambda tx: documents.delete(tx, reader, theirs))
    await house.within(lambda tx: documents.delete(tx, reader, mine))
    manager = replace(house.firm.as_role(Role.QUALITY_MANAGER), actor_id=uuid7(), membership_id=uuid7())
    # Who answers for such papers takes away what others asked for.
    await house.within(lambda tx: documents.delete(tx, manager, theirs))
    assert [(await house.get(each)).state for each in (mine, theirs)] == [DocumentState.EXPIRED] * 2


async def test_deleting_removes_the_file_and_keeps_the_hash(house: House) -> None:
    document_id = await house.ask()
    with pytest.raises(DocumentStateError):
        await house.within(lambda tx: house.services.documents.delete(tx, house.firm.principal, document_id))
    await house.work()
    made = await house.get(document_id)
    await house.within(lambda tx: house.services.documents.delete(tx, house.firm.principal, document_id))
    await house.work()
    gone = await house.get(document_id)
    assert (gone.state, gone.sha256, gone.storage_key) == (DocumentState.EXPIRED, made.sha256, None)
    assert await files_of(house) == []


async def test_what_is_out_of_time_goes_with_the_housekeeping(house: House, services: Services) -> None:
    from backend.documents.storing import remove_expired

    document_id, kept = await house.ask(), await house.ask(language="en")
    await house.work()
    await house.within(
        lambda tx: tx.execute("update document set expires_at = now() - interval '1 hour' where tenant_id = $1 and document_id = $2", document_id)
    )
    assert (await house.get(document_id)).state is DocumentState.EXPIRED
    tenant = house.firm.tenant
    assert await remove_expired(services.database, services.storage, tenant.tenant_id, tenant.public_id, at_most=10) == 1
    assert await files_of(house) == [(await house.get(kept)).storage_key]
    assert await remove_expired(services.database, services.storage, tenant.tenant_id, tenant.public_id, at_most=10) == 0


async def test_the_registry_of_the_process_is_what_the_worker_makes_from(services: Services) -> None:
    assert DocumentMaking(services.database, services.storage, services.documents.makers)._makers is services.documents.makers
