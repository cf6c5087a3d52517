"""Makes the electronic sortable spreadsheet as a document: of lots, of a time, or of a recall case."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from backend.catalog.sites import sites_of
from backend.documents.errors import DocumentInputError
from backend.documents.kinds import DocumentKind, Subject
from backend.documents.work import Made, Work
from backend.events.timestamps import parse_timestamp
from backend.fsma204 import scoped, service
from backend.fsma204.completeness import missing
from backend.fsma204.context import Context
from backend.fsma204.elements import Cte
from backend.fsma204.explaining import explanation
from backend.fsma204.selection import Selection
from backend.graphql.ids import parse_uuid
from infra.database import TenantTransaction
from infra.errors import TooLargeError
from tenants.permissions import Permission
from tenants.principal import Principal

VERSION: Final = 1
MEDIA_TYPES: Final = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
RECALL: Final = "recall:"
RECORDS: Final = "records"
_PARAMETERS: Final = ("lots", "from", "until", "format", "foods")


def read_subject(subject: Subject) -> tuple[Selection, str]:
    """What is asked for, and as what kind of file. Raises `InvalidInputError`.

    The reference is "recall:<public id>", a lot's identifier, or "records" with the parameters `lots` (one a line) or `from` and `until`.
    `format` is xlsx or csv, `foods` covered (on the list, or not known) or all.
    """
    given = subject.parameters
    for name in given:
        if name not in _PARAMETERS:
            raise DocumentInputError(f"The sheet has no parameter “{name[:40]}”; it has {', '.join(_PARAMETERS)}.", field="parameters")
    form, foods = given.get("format", "xlsx"), given.get("foods", "covered")
    if form not in MEDIA_TYPES or foods not in ("covered", "all"):
        raise DocumentInputError(f"“format” is one of {', '.join(MEDIA_TYPES)}, “foods” covered or all.", field="parameters")
    lots = [lot.strip() for lot in given.get("lots", "").splitlines() if lot.strip()]
    case = None
    if subject.reference.startswith(RECALL):
        case = parse_uuid(subject.reference.removeprefix(RECALL))
        if case is None:
            raise DocumentInputError("A recall is named by its public id: “recall:0190…”.", field="reference")
    elif subject.reference != RECORDS:
        lots.append(subject.reference)
    since, until = (_moment(given, name) for name in ("from", "until"))
    return Selection.of(lots, since, until, case_id=case, every_food=foods == "all"), form


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name)
    found = parse_timestamp(text) if text else None
    if text and found is None:
        raise DocumentInputError(f"“{name}” is a moment with its zone, like 2026-03-02T00:00:00+08:00.", field="parameters")
    return found


class SheetMaker:
    """Of the kind FSMA204_SHEET."""

    kind = DocumentKind.FSMA204_SHEET
    permission = Permission.TRACE_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Lots and case must be there for the caller."""
        selection, _ = read_subject(subject)
        if selection.case_id is not None:
            principal.require_everywhere(Permission.RECALLS_READ)
        await service.plan(tx, selection, await sites_of(tx, principal, Permission.TRACE_READ))

    async def make(self, work: Work) -> Made:
        """Page by page, each in a transaction of its own, straight into the file."""
        from backend.fsma204.workbook import MOST_ROWS, SHEETS  # noqa: PLC0415 - the library behind it would slow every start

        selection, form = read_subject(work.subject)
        language = "zh" if work.is_chinese else "en"

        async def begin(tx: TenantTransaction) -> tuple[service.Plan, str]:
            sites = await sites_of(tx, work.principal, Permission.TRACE_READ) if work.principal is not None else None
            number = await scoped.number_of_case(tx, selection.case_id) if selection.case_id is not None else ""
            return await service.plan(tx, selection, sites), number

        found, number = await work.in_tenant(begin)
        context = Context(found.sites, ("zh", "en") if work.is_chinese else ("en", "zh"))
        path = work.directory / f"sheet.{form}"
        sheet = await asyncio.to_thread(SHEETS[form], path, language)
        counts: dict[Cte, service.Counts] = {}
        total = len(found.events) if found.events is not None else 0
        async for read, records in service.walk(work.in_tenant, found, context):
            checked = [(record, missing(record)) for record in records]
            for record, lacking in checked:
                service.tally(counts, record, [one.kde.cite for one in lacking])
            if sheet.digest.rows + len(checked) > MOST_ROWS:
                raise TooLargeError(f"The sheet would have more than {MOST_ROWS:,} rows. Ask for fewer lots, or for a shorter time.")
            await asyncio.to_thread(sheet.add, checked)
            await work.progress(read, max(total, read), work.pick(f"已写入 {sheet.digest.rows:,} 行", f"{sheet.digest.rows:,} rows written"))
        generator = work.made_by("fsma204-sheet", VERSION)
        about = explanation(work, selection, number, counts, digest=sheet.digest.hex, generator=generator)
        await asyncio.to_thread(sheet.close, about)
        name = f"FSMA204-{number or work.number}.{form}"
        notes = () if sheet.digest.rows else (work.pick("没有符合条件的记录。", "No record fits."),)
        return Made(
            path, MEDIA_TYPES[form], name, rows=sheet.digest.rows, content_sha256=sheet.digest.hex, generator=generator, notes=notes,
        )  # fmt: skip
