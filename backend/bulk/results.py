"""What became of each event of a capture, page by page or as a file."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.bulk import repository
from backend.services import Services
from infra.csv_text import BOM, csv_rows
from infra.database import TenantTransaction

# So many parts are read in one transaction.
_PARTS: Final = 20
COLUMNS: Final = ("index", "status", "eventID", "id", "field", "rule", "title", "detail")


async def page_of_results(tx: TenantTransaction, job_id: UUID, *, place: int, limit: int) -> list[dict[str, Any]]:
    """The results from a place on, in the order of the document."""
    at_once = await repository.results_at_once(tx, job_id)
    if at_once is not None:
        return _decoded(at_once, place)[:limit]
    found: list[dict[str, Any]] = []
    while len(found) < limit and (parts := await repository.results_from(tx, job_id, place, _PARTS)):
        behind = parts[-1]["first"] + parts[-1]["count"]
        if behind <= place:
            break
        found += [result for part in parts for result in _decoded(part["results"], place)]
        place = behind
    return found[:limit]


async def all_results(services: Services, tenant_id: int, job_id: UUID, write: Callable[[str], bytes]) -> AsyncIterator[bytes]:
    """Every result as a file is written, part by part; memory is bounded by some parts."""
    async with services.database.tenant(tenant_id) as tx:
        at_once = await repository.results_at_once(tx, job_id)
    if at_once is not None:
        yield write(at_once)
        return
    place = 0
    while True:
        async with services.database.tenant(tenant_id) as tx:
            parts = [part for part in await repository.results_from(tx, job_id, place, _PARTS) if part["first"] >= place]
        if not parts:
            return
        for part in parts:
            yield write(part["results"])
        place = parts[-1]["first"] + max(1, parts[-1]["count"])


def as_lines(stored: str) -> bytes:
    """As one JSON text a line."""
    return f"{stored}\n".encode() if stored else b""


def as_csv(stored: str) -> bytes:
    """As rows of a table: one for each event, and one for each further fault of it."""
    return csv_rows(
        [[str({**error, **result}.get(column, "")) for column in COLUMNS] for result in _decoded(stored, 0) for error in result.get("errors") or [{}]]
    )


def csv_head() -> bytes:
    """The names of the columns."""
    return BOM + csv_rows([COLUMNS])


def _decoded(stored: str, place: int) -> list[dict[str, Any]]:
    found = [msgspec.json.decode(line) for line in stored.split("\n") if line]
    return [result for result in found if result["index"] >= place]
