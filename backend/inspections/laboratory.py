"""Results of laboratories: each line taken once, its lot's inspection found or opened, and what they decide concluded at once."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.identifiers.errors import InvalidIdentifierError
from backend.inspections import laboratory_repository, neighbours, repository
from backend.inspections.concluding import assessed, conclude_locked
from backend.inspections.errors import NoSpecificationError, UnknownCharacteristicError
from backend.inspections.inspections import Inspection, Kind, Origin, get_inspection
from backend.inspections.laboratory_repository import LineKey
from backend.inspections.opening import Behind, Wanted, goods_of, opened
from backend.inspections.recording import Given, row_of, write_results
from backend.inspections.rules import Conclusion, judge
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.specifications import service as specifications
from backend.specifications.service import Version
from backend.units.measured import code_of
from infra import clock
from infra.database import TenantTransaction
from infra.errors import ConflictError, InvalidInputError, SuyuanError
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_LINES: Final = 500
NAME_LENGTH: Final = 120


class LineStatus(IntEnum):
    """What became of a line."""

    TAKEN = 1
    DUPLICATE = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a report. `key` is the lot's identifier or bare code, `sample` the laboratory's own number of the sample,
    `characteristic` a code or a name of the specification."""

    key: str
    report: str
    sample: str
    characteristic: str
    value: str
    unit: str = ""
    uncertainty: Decimal | None = None
    method: str = ""
    note: str = ""
    measurement: int = 1
    measured_at: datetime | None = None

    @property
    def digest(self) -> str:
        """The same for the same content."""
        parts = (self.key, self.value.strip(), self.unit.strip(), str(self.uncertainty or ""), self.method, str(self.measured_at or ""))
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(slots=True)
class LineOutcome:
    """What became of the line at `index`; a refused one names the field and the mend, and nothing of it was stored."""

    index: int
    status: LineStatus
    inspection_id: UUID | None = None
    field: str | None = None
    code: str | None = None
    message: str | None = None


class ReportConflictError(ConflictError):
    """The same line came before with another value: a report doesn't change; a corrected one has another number."""

    code = "REPORT_CONFLICT"

    def __init__(self, report: str, sample: str) -> None:
        super().__init__(
            f"Report {report}, sample {sample}: this characteristic was reported before with another content. "
            "A corrected report has a number of its own; send it under that.",
            field="report",
        )


@dataclass(slots=True)
class _Group:
    """The lines of one inspection."""

    inspection: Inspection
    version: Version
    units: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: list[tuple[LineKey, str, dict[str, Any]]] = field(default_factory=list)


async def report_lines(
    tx: TenantTransaction, principal: Principal, *, laboratory: str, lines: Sequence[Line], kind: Kind = Kind.INCOMING, concluding: bool = True
) -> list[LineOutcome]:
    """Take what a laboratory reported, line by line: what is wrong with one keeps no other out.

    A line goes to the open inspection of its lot that asks for it, else to a new one by the specification in force. What its results
    decide is concluded at once: a failure holds the lot, for which the transaction must have passed the exclusive gate
    (`GateNeededError`). What the rules leave open waits for a person. Raises `InvalidInputError` for more than 500 lines.
    """
    sites = await sites_of(tx, principal, Permission.INSPECTIONS_RECORD)
    if not 1 <= len(lines) <= MOST_LINES:
        raise InvalidInputError(f"“results” has {len(lines)} lines; send from 1 to {MOST_LINES} at a time.", field="results")
    laboratory = _named(laboratory, "laboratory")
    await laboratory_repository.lock(tx, laboratory)
    batch = _Batch(tx, principal, laboratory, kind, sites)
    await batch.look_up({line.report.strip() for line in lines})
    outcomes = [await batch.take(index, line) for index, line in enumerate(lines)]
    await batch.write()
    taken = sum(one.status is LineStatus.TAKEN for one in outcomes)
    after = {"laboratory": laboratory, "lines": len(lines), "taken": taken, "reports": sorted(batch.reports)[:50]}
    await audit.record(tx, principal, "laboratory.reported", f"laboratory:{laboratory}", after=after)
    if concluding:
        await batch.conclude()
    return outcomes


class _Batch:
    """What is known while a batch is taken."""

    def __init__(self, tx: TenantTransaction, principal: Principal, laboratory: str, kind: Kind, sites: Sites | None) -> None:
        self.tx, self.principal, self.laboratory, self.kind, self.sites = tx, principal, laboratory, kind, sites
        self.reports: set[str] = set()
        self._before: dict[LineKey, tuple[str, UUID]] = {}
        self._objects: dict[str, TraceableObject | SuyuanError] = {}
        self._open: dict[int, list[_Group]] = {}
        self._versions: dict[tuple[UUID, int], Version] = {}
        self._used: dict[UUID, _Group] = {}
        self._concluded: dict[UUID, _Group] = {}

    async def look_up(self, reports: set[str]) -> None:
        """What of these reports was taken before."""
        self.reports = reports
        for row in await laboratory_repository.known(self.tx, self.laboratory, reports):
            self._before[row["report"], row["sample"], row["characteristic"], row["measurement"]] = (row["digest"], row["inspection_id"])

    async def take(self, index: int, line: Line) -> LineOutcome:
        """Take a line, or say why not."""
        try:
            return await self._take(index, line)
        except SuyuanError as problem:
            name = (problem.field or "").rpartition(".")[2] or None
            return LineOutcome(index, LineStatus.REFUSED, None, name, problem.code, problem.message)

    async def _take(self, index: int, line: Line) -> LineOutcome:
        report, sample = _named(line.report, "report"), _named(line.sample, "sample")
        goods = await self._object(line.key)
        group, code = await self._group(goods, line)
        key: LineKey = (report, sample, code, line.measurement)
        if (before := self._before.get(key)) is not None:
            if before[0] != line.digest:
                raise ReportConflictError(report, sample)
            return LineOutcome(index, LineStatus.DUPLICATE, before[1])
        unit = group.units.setdefault((report, sample), max(group.units.values(), default=0) + 1)
        note = text_of(f"{self.laboratory} {report} / {sample}. {line.note}".removesuffix(". "), "note", 1_000, required=False)
        given = Given(code, line.value, unit, line.measurement, line.unit, line.uncertainty, None, (), note, line.method, line.measured_at)
        row = row_of(group.inspection, group.version, given, "line")
        group.rows.append((key, line.digest, row))
        self._used[group.inspection.inspection_id] = group
        self._before[key] = (line.digest, group.inspection.inspection_id)
        return LineOutcome(index, LineStatus.TAKEN, group.inspection.inspection_id)

    async def _object(self, key: str) -> TraceableObject:
        if key not in self._objects:
            try:
                self._objects[key] = await objects.find(self.tx, key, self.sites)
            except (SuyuanError, InvalidIdentifierError) as problem:
                problem.field = "key"
                self._objects[key] = problem
        found = self._objects[key]
        if isinstance(found, SuyuanError):
            raise found
        return found

    async def _group(self, goods: TraceableObject, line: Line) -> tuple[_Group, str]:
        """The inspection that the line belongs to, and its characteristic's code there."""
        if goods.object_id not in self._open:
            rows = await repository.open_of(self.tx, goods.object_id)
            self._open[goods.object_id] = [await self._known(Inspection.from_row(row)) for row in rows]
        for group in self._open[goods.object_id]:
            if (code := _code_in(group.version, line.characteristic)) is not None:
                return group, code
        # Lines that were taken before are told as duplicates, although their inspection is concluded.
        for (report, sample, code, number), (_, inspection_id) in self._before.items():
            if (report, sample, number) == (line.report.strip(), line.sample.strip(), line.measurement):
                known = await self._closed(inspection_id)
                if _code_in(known.version, line.characteristic) == code:
                    return known, code
        return await self._new(goods, line)

    async def _new(self, goods: TraceableObject, line: Line) -> tuple[_Group, str]:
        wanted = Wanted(self.kind, key=goods.key, reason=f"{self.laboratory}: {line.report.strip()}")
        version = await specifications.in_force_for(self.tx, goods_of(wanted, goods))
        if version is None:
            raise NoSpecificationError(goods.uri)
        if (code := _code_in(version, line.characteristic)) is None:
            known = ", ".join(f"{one.code} ({one.name})" for one in version.characteristics)
            raise UnknownCharacteristicError(line.characteristic, known, "characteristic")
        asked = version.characteristic(code)
        if asked is not None:
            # A line that is wrong opens nothing.
            judge(asked, line.value, code_of(line.unit) if line.unit.strip() else "", line.uncertainty, field="line.value")
        inspection = await opened(self.tx, self.principal, wanted, goods, Behind(Origin.LABORATORY, version=version))
        group = await self._known(inspection)
        self._open[goods.object_id].append(group)
        return group, code

    async def _known(self, inspection: Inspection) -> _Group:
        named = (inspection.specification_id, inspection.version)
        if named not in self._versions:
            self._versions[named] = await specifications.get_version(self.tx, *named)
        version = self._versions[named]
        rows = await laboratory_repository.units_of(self.tx, inspection.inspection_id)
        return _Group(inspection, version, {(row["report"], row["sample"]): row["unit"] for row in rows})

    async def _closed(self, inspection_id: UUID) -> _Group:
        if inspection_id not in self._concluded:
            self._concluded[inspection_id] = await self._known(await get_inspection(self.tx, inspection_id))
        return self._concluded[inspection_id]

    async def write(self) -> None:
        """Write all that was taken, inspection by inspection in one order."""
        for inspection_id in sorted(self._used):
            group = self._used[inspection_id]
            locked = await repository.locked(self.tx, inspection_id)
            if locked is None:
                raise RuntimeError("an inspection went away")
            await write_results(self.tx, self.principal, Inspection.from_row(locked), [row for _, _, row in group.rows])
            noted = [(key, digest, row["result_id"]) for key, digest, row in group.rows]
            await laboratory_repository.insert(self.tx, self.laboratory, inspection_id, noted, clock.now())

    async def conclude(self) -> None:
        """Conclude what is decided: rejected, or complete and accepted without any doubt."""
        await neighbours.lock_lots(self.tx, [group.inspection for group in self._used.values()])
        for inspection_id in sorted(self._used):
            locked = await repository.locked(self.tx, inspection_id)
            if locked is None:
                continue
            inspection = Inspection.from_row(locked)
            _, _, verdict = await assessed(self.tx, inspection)
            if verdict.proposed is Conclusion.REJECTED or (verdict.proposed is Conclusion.ACCEPTED and not verdict.photos):
                await conclude_locked(self.tx, self.principal, inspection, verdict.proposed, "")


def _code_in(version: Version, text: str) -> str | None:
    """The code of the characteristic that a laboratory names by its code or by its name."""
    wanted = text.strip().casefold()
    by_word: dict[str, set[str]] = defaultdict(set)
    for one in version.characteristics:
        by_word[one.code.casefold()].add(one.code)
        by_word[one.name.casefold()].add(one.code)
    found = by_word.get(wanted, set())
    return next(iter(found)) if len(found) == 1 else None


def _named(text: str, name: str) -> str:
    cleaned = text.strip()
    if not cleaned or len(cleaned) > NAME_LENGTH or not cleaned.isprintable():
        raise InvalidInputError(f"“{name}” is empty, longer than {NAME_LENGTH} characters or can't be printed.", field=name)
    return cleaned
