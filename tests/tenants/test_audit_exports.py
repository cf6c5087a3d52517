"""Exports: written in parts by jobs that may run twice, bounded, put together whole, and tidied up."""

import csv
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.services import Services
from backend.worker import handlers
from infra.csv_text import neutral
from infra.storage.errors import ObjectNotFoundError, StorageUnavailableError
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.audit import exports
from tenants.audit.exports import ExportWriter, Limits
from tenants.audit.search import Entry, Filter
from tenants.audit.writing import Format, heading, rows
from tests.firms import Firm
from tests.outbox import do_outbox

SMALL = Limits(entries=50, size=1_000_000, part_size=1, page=4)
ENTRIES = 21


@pytest.fixture(autouse=True)
async def _bucket(services: Services) -> None:
    await services.storage.ensure_bucket()


@pytest.fixture
def own(services: Services, firm: Firm) -> TenantStorage:
    return TenantStorage(services.storage, TenantPrefix(firm.tenant.public_id))


@pytest.fixture
def write(services: Services) -> Callable[..., Awaitable[None]]:
    """Do all open jobs with these limits, by a store of the test's where it gives one."""

    async def do(limits: Limits = SMALL, storage: Any = None) -> None:
        writer = ExportWriter(storage or services.storage, limits)
        await do_outbox(services, {**handlers(services), exports.TOPIC: writer})

    return do


async def ask(services: Services, firm: Firm, form: Format = Format.JSONL, **filter_: Any) -> UUID:
    async with services.database.tenant(firm.tenant_id) as tx:
        for number in range(ENTRIES):
            await audit.record(tx, firm.principal, "hold.placed", f"try:{number}", reason="原因" * number)
        return await exports.ask(tx, firm.principal, wanted=Filter(action="hold.", **filter_), form=form, language="en")


async def found(services: Services, firm: Firm, export_id: UUID) -> exports.Export:
    async with services.database.tenant(firm.tenant_id) as tx:
        return (await exports.exports_by_id(tx, firm.principal, [export_id]))[export_id]


async def names(own: TenantStorage) -> list[str]:
    return [listed.key for listed in (await own.list_objects("exports/")).objects]


async def test_parts_come_one_after_the_other_and_make_one_file(
    services: Services, firm: Firm, own: TenantStorage, write: Callable[..., Awaitable[None]]
) -> None:
    export_id = await ask(services, firm)
    await write()
    export = await found(services, firm, export_id)
    # 21 entries by pages of 4 with one page in a part: five full ones and one of the last.
    assert (export.state, export.parts, export.entries, export.entries_expected) == ("ready", 6, ENTRIES, ENTRIES)
    content = await own.get(export.file_key)
    assert (len(content), hashlib.sha256(content).digest()) == (export.size, export.sha256)
    assert [json.loads(line)["subject"] for line in content.splitlines()] == [f"try:{number}" for number in range(ENTRIES)]
    assert await names(own) == [export.file_key]


async def test_a_csv_of_many_parts_has_one_heading(services: Services, firm: Firm, own: TenantStorage, write: Callable[..., Awaitable[None]]) -> None:
    export_id = await ask(services, firm, Format.CSV)
    await write()
    content = await own.get((await found(services, firm, export_id)).file_key)
    assert content.count(b"\xef\xbb\xbf") == 1
    first, *others = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert first[:3] == ["Time (UTC)", "Actor kind", "Actor"]
    assert [line[8] for line in others] == [f"try:{number}" for number in range(ENTRIES)]
    assert [line[12] for line in others] == ["原因" * number for number in range(ENTRIES)]


async def test_an_empty_trail_makes_a_file_all_the_same(
    services: Services, firm: Firm, own: TenantStorage, write: Callable[..., Awaitable[None]]
) -> None:
    export_id = await ask(services, firm, Format.CSV, subject="try:nothing")
    await write()
    export = await found(services, firm, export_id)
    assert (export.state, export.entries, export.entries_expected) == ("ready", 0, 0)
    assert await own.get(export.file_key) == heading(Format.CSV, "en")


@pytest.mark.parametrize(
    ("limits", "told"),
    [(Limits(entries=20, page=4), "More than 20 entries"), (Limits(size=1_500, part_size=1, page=4), "more than 0 MB")],
)
async def test_what_is_too_much_for_one_file_fails_and_leaves_nothing_behind(
    services: Services, firm: Firm, own: TenantStorage, write: Callable[..., Awaitable[None]], limits: Limits, told: str
) -> None:
    export_id = await ask(services, firm)
    await write(limits)
    export = await found(services, firm, export_id)
    assert (export.state, export.sha256, told in (export.failure or "")) == ("failed", None, True)
    assert await names(own) == []
    async with services.database.tenant(firm.tenant_id) as tx:
        [entry] = await tx.fetch("select actor, subject, reason from audit_entry where tenant_id = $1 and action = 'audit.export_failed'")
        assert tuple(entry) == ("suyuan", export.subject, export.failure)
        assert await tx.fetchval("select count(*) from outbox where tenant_id = $1 and done_at is null") == 0
        assert await exports.link(services.storage, firm.principal, export) is None


class Failing:
    """A real store that is away for one call of each kind: after it was done, where `late` says so."""

    def __init__(self, storage: Any, *, late: bool) -> None:
        self._storage = storage
        self._late = late
        self._failed: set[tuple[str, str]] = set()

    def __getattr__(self, name: str) -> Any:
        async def call(key: str, *values: Any, **named: Any) -> Any:
            fails = (name, key) not in self._failed
            self._failed.add((name, key))
            if fails and not self._late:
                raise StorageUnavailableError("away")
            answer = await getattr(self._storage, name)(key, *values, **named)
            if fails:
                raise StorageUnavailableError("away")
            return answer

        return call


@pytest.mark.parametrize("late", [False, True])
async def test_a_store_that_fails_at_every_step_once_delays_the_file_and_changes_nothing(
    services: Services, firm: Firm, own: TenantStorage, write: Callable[..., Awaitable[None]], late: bool
) -> None:
    export_id = await ask(services, firm)
    failing = Failing(services.storage, late=late)
    for _ in range(80):
        await write(storage=failing)
        async with services.database.tenant(firm.tenant_id) as tx:
            # Its time is brought forward; what was put off comes in seconds otherwise.
            if not await tx.execute("update outbox set due_at = now() where tenant_id = $1 and done_at is null"):
                break
    export = await found(services, firm, export_id)
    assert (export.state, export.parts, export.entries) == ("ready", 6, ENTRIES)
    content = await own.get(export.file_key)
    assert hashlib.sha256(content).digest() == export.sha256
    assert [json.loads(line)["subject"] for line in content.splitlines()] == [f"try:{number}" for number in range(ENTRIES)]
    assert await names(own) == [export.file_key]
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from audit_entry where tenant_id = $1 and action = 'audit.export_finished'") == 1


async def test_a_job_that_comes_late_for_an_export_that_is_no_more_does_nothing(
    services: Services, firm: Firm, own: TenantStorage, write: Callable[..., Awaitable[None]]
) -> None:
    export_id = await ask(services, firm)
    await write()
    export = await found(services, firm, export_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        for step in ({"export_id": str(export_id), "step": "write"}, {"export_id": str(export_id), "step": "finish"}):
            await ExportWriter(services.storage)(tx, step)
        await ExportWriter(services.storage)(tx, {"export_id": str(uuid4()), "step": "write"})
    assert await found(services, firm, export_id) == export
    assert await names(own) == [export.file_key]


async def test_a_file_lies_under_its_own_companys_prefix_and_nowhere_else(
    services: Services, firm: Firm, other_firm: Firm, write: Callable[..., Awaitable[None]]
) -> None:
    export_id = await ask(services, firm)
    await write()
    export = await found(services, firm, export_id)
    theirs = TenantStorage(services.storage, TenantPrefix(other_firm.tenant.public_id))
    assert await names(theirs) == []
    with pytest.raises(ObjectNotFoundError):
        await theirs.get(export.file_key)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"])
def test_a_cell_that_a_spreadsheet_would_run_is_told_as_text(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "1", "a=1", " =1", "'=1", "李", "{}"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutral(cell) == cell


def test_every_text_of_an_entry_is_neutral_in_csv_and_exact_in_jsonl() -> None:
    bad = '=HYPERLINK("http://x","y")'
    moment = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    entry = Entry(uuid4(), 7, moment, bad, None, bad, None, bad, bad, None, None, bad, bad, bad, None)
    [cells] = csv.reader(io.StringIO(rows([entry], Format.CSV, "zh").decode(), newline=""))
    assert [cell for cell in cells if cell.startswith("=")] == []
    assert cells.count(f"'{bad}") == 8
    assert cells[0] == "2026-03-02 08:00:00.123"
    told = json.loads(rows([entry], Format.JSONL, "zh"))
    assert (told["recordedAt"], told["actor"], told["reason"]) == ("2026-03-02T08:00:00.123456+00:00", bad, bad)
