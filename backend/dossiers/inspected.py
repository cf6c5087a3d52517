"""What inspections found, as papers tell it: characteristics with method, limits, results, verdict and instrument. A fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.documents.work import Work
from backend.dossiers.words import word
from backend.inspections import query_service as inspections
from backend.inspections.inspections import Inspection, Result
from backend.inspections.rules import Judged
from backend.instruments import service as instruments
from backend.instruments.service import Instrument
from backend.shapes.words import write_number
from backend.specifications import service as specifications
from backend.specifications.characteristics import Characteristic, CharacteristicKind
from backend.specifications.service import Specification, Version
from backend.units.symbols import symbol
from infra.database import TenantTransaction

# Of an inspection so many results are read; a larger one is told by what was.
MOST_RESULTS: Final = 2_000
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Inspected:
    """An inspection with what it was judged by and what was found; `cut` where more was found than is told."""

    inspection: Inspection
    specification: Specification | None
    version: Version
    results: Sequence[Result]
    cut: bool
    laboratories: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CharacteristicLine:
    """One characteristic in words."""

    name: str
    method: str
    limits: str
    result: str
    verdict: str
    instruments: str
    failed: bool


async def read(tx: TenantTransaction, found: Sequence[Inspection]) -> tuple[list[Inspected], Mapping[UUID, Instrument]]:
    """What was found by each of these inspections, and the instruments that were used."""
    versions = await specifications.versions_of(tx, {(one.specification_id, one.version) for one in found})
    named = await specifications.specifications_by_id(tx, {one.specification_id for one in found})
    reports = await inspections.laboratories_of(tx, [one.inspection_id for one in found])
    told = []
    for one in found:
        results, cut = await _results(tx, one.inspection_id)
        version = versions[(one.specification_id, one.version)]
        told.append(Inspected(one, named.get(one.specification_id), version, results, cut, reports.get(one.inspection_id, ())))
    used = {result.instrument_id for each in told for result in each.results if result.instrument_id is not None}
    return told, await instruments.by_ids(tx, used)


async def _results(tx: TenantTransaction, inspection_id: UUID) -> tuple[list[Result], bool]:
    found: list[Result] = []
    cursor: UUID | None = None
    while len(found) < MOST_RESULTS:
        page = await inspections.page_of_results(tx, inspection_id, replaced=False, cursor=cursor, backward=False, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found, False
        cursor = page[-1].result_id
    return found, True


def lines_of(work: Work, told: Inspected, used: Mapping[UUID, Instrument]) -> list[CharacteristicLine]:
    """Each characteristic that was asked for, in the specification's order."""
    by_code: dict[str, list[Result]] = defaultdict(list)
    for result in told.results:
        by_code[result.characteristic].append(result)
    return [_line(work, one, by_code.get(one.code, []), used) for one in told.version.characteristics]


def _line(work: Work, asked: Characteristic, results: Sequence[Result], used: Mapping[UUID, Instrument]) -> CharacteristicLine:
    methods = dict.fromkeys(method for method in (asked.method, *(result.method for result in results)) if method)
    worst = max((result.judged for result in results), default=None, key=lambda judged: _GRAVITY[judged])
    verdict = "–" if worst is None else f"{_MARKS[worst]} {word(worst, work.language)}"
    return CharacteristicLine(
        f"{asked.name}\n{asked.code} · {word(asked.severity, work.language)}", "\n".join(methods) or "–", limits_of(work, asked),
        result_of(work, asked, results), verdict, instruments_of(work, results, used), worst is Judged.FAIL,
    )  # fmt: skip


_GRAVITY: Final = {Judged.PASS: 0, Judged.UNCERTAIN: 1, Judged.FAIL: 2}
_MARKS: Final = {Judged.PASS: "✓", Judged.UNCERTAIN: "?", Judged.FAIL: "✗"}


def limits_of(work: Work, asked: Characteristic) -> str:
    """What is asked for: "≥ 2 and < 5 mg/kg", "passes", one of several choices."""
    if asked.kind is CharacteristicKind.PASS_FAIL:
        return work.pick("通过", "passes")
    if asked.kind is CharacteristicKind.CHOICE:
        return " / ".join(asked.accepted) or "–"
    if asked.kind is CharacteristicKind.TEXT:
        return work.pick("记录", "recorded")
    unit = f" {symbol(asked.unit)}" if asked.unit else ""
    low = f"{'≥' if asked.lower.inclusive else '>'} {write_number(asked.lower.value)}" if asked.lower else ""
    high = f"{'≤' if asked.upper.inclusive else '<'} {write_number(asked.upper.value)}" if asked.upper else ""
    aim = f"{write_number(asked.target)}{unit}" if asked.target is not None else ""
    target = work.pick(f"（目标 {aim}）", f" (target {aim})") if aim else ""
    both = work.pick("，", ", ").join(part for part in (low, high) if part)
    return (f"{both}{unit}" if both else "–") + target


def result_of(work: Work, asked: Characteristic, results: Sequence[Result]) -> str:
    """One value as it was entered; of several numbers count, extent and mean; of several others how often each."""
    if not results:
        return work.pick("无结果", "no result")
    if len(results) == 1:
        return _single(results[0])
    count = f"n = {len(results)}"
    exact = [result.low for result in results if result.low is not None and result.low == result.high]
    if asked.kind is CharacteristicKind.NUMBER and len(exact) == len(results):
        unit = f" {symbol(asked.unit)}" if asked.unit else ""
        mean = sum(exact, Decimal(0)) / len(exact)
        places = max(0, *(-int(value.as_tuple().exponent) for value in exact)) + 1
        average = write_number(mean.quantize(Decimal(1).scaleb(-min(places, 6))))
        middle = work.pick(f"均值 {average}{unit}", f"mean {average}{unit}")
        return f"{write_number(min(exact))} – {write_number(max(exact))}{unit}\n{count}, {middle}"
    words: dict[str, int] = defaultdict(int)
    for result in results:
        words[_single(result)] += 1
    listed = sorted(words.items(), key=lambda item: -item[1])
    more = f"; +{len(listed) - 5}" if len(listed) > 5 else ""
    return "; ".join(f"{value} × {number}" for value, number in listed[:5]) + more + f"\n{count}"


def _single(result: Result) -> str:
    unit = f" {symbol(result.unit)}" if result.unit else ""
    spread = f" ± {write_number(result.uncertainty)}{unit}" if result.uncertainty is not None else ""
    return f"{result.value}{unit}{spread}"


def instruments_of(work: Work, results: Collection[Result], used: Mapping[UUID, Instrument]) -> str:
    """Which instruments measured, and whether each was fit then."""
    fit: dict[UUID, bool] = {}
    notes: dict[UUID, str] = {}
    for result in results:
        if result.instrument_id is not None:
            valid = result.instrument_valid is not False
            fit[result.instrument_id] = fit.get(result.instrument_id, True) and valid
            if not valid:
                notes[result.instrument_id] = result.instrument_note
    told = []
    for instrument_id, valid in fit.items():
        instrument = used.get(instrument_id)
        name = instrument.details.identifier if instrument else str(instrument_id)
        why = f": {notes[instrument_id]}" if notes.get(instrument_id) else ""
        state = work.pick("校准有效", "calibrated") if valid else work.pick("校准无效", "not fit") + why
        told.append(f"{name} ({state})")
    return "\n".join(told) or "–"


def sampling_of(work: Work, inspection: Inspection) -> str:
    """How much was drawn from how much, and what each class accepts."""
    parts = [work.pick(f"样本量 {inspection.plan.size}", f"sample size {inspection.plan.size}")]
    if inspection.lot_size is not None:
        parts.append(work.pick(f"批量 {inspection.lot_size:,}", f"lot size {inspection.lot_size:,}"))
    for each in inspection.plan.classes:
        numbers = f"n {each.size}, k {each.k}" if each.k is not None else f"n {each.size}, Ac {each.accept}, Re {each.reject}"
        parts.append(f"{word(each.severity, work.language)}: {numbers}")
    if inspection.sampling_note:
        parts.append(inspection.sampling_note)
    return "; ".join(parts)
