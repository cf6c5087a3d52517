"""What quality work says of a lot, as a dossier tells it: inspections with results, photos, nonconformances and holds."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.documents.stamp import moment
from backend.documents.work import Work
from backend.dossiers.inspected import Inspected, lines_of, sampling_of
from backend.dossiers.inspected import read as read_inspected
from backend.dossiers.sheet import Block, Column, Facts, Snapshot, Snapshots, Table
from backend.dossiers.words import word
from backend.holds import query_service as holds
from backend.holds.known import Hold
from backend.inspections import query_service as inspections
from backend.inspections.inspections import Inspection
from backend.inspections.query_service import Filter
from backend.instruments.service import Instrument
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance.stored import Disposition, Nonconformance
from backend.objects.service import TraceableObject
from backend.photos import service as photos
from backend.photos.service import PDF, Photo, PhotoState
from backend.shapes.words import unit_word, write_number
from infra.database import TenantTransaction
from infra.storage.errors import ObjectNotFoundError

DETAILED: Final = 20
LISTED: Final = 200
PHOTOS: Final = 24
LARGEST_THUMBNAIL: Final = 300_000


@dataclass(frozen=True, slots=True)
class QualityTold:
    """Each list holds the newest `LISTED`; with one more there are more. None for what the asker may not see."""

    inspections: Sequence[Inspection] | None
    detailed: Sequence[Inspected]
    instruments: Mapping[UUID, Instrument]
    photos: Sequence[tuple[Photo, str]]
    photo_count: int
    nonconformances: Sequence[Nonconformance] | None
    dispositions: Mapping[UUID, Sequence[Disposition]]
    holds: Sequence[Hold] | None


async def read(
    tx: TenantTransaction, work: Work, thing: TraceableObject, *, quality: bool, sites: Sites | None, may_see_holds: bool, hold_sites: Sites | None
) -> QualityTold:  # fmt: skip
    """What `quality` at `sites` and holds at `hold_sites` show."""
    found: list[Inspection] = []
    detailed: list[Inspected] = []
    used: Mapping[UUID, Instrument] = {}
    pictured: list[tuple[Photo, str]] = []
    count = 0
    wrong: list[Nonconformance] = []
    decided: Mapping[UUID, Sequence[Disposition]] = {}
    if quality:
        wanted = Filter(object_id=thing.object_id)
        found = await inspections.page_of_inspections(tx, wanted, cursor=None, backward=False, limit=LISTED + 1, sites=sites)
        detailed, used = await read_inspected(tx, found[:DETAILED])
        pictured, count = await _photos(tx, work, detailed)
        asked = nonconformances.Wanted(open_only=False, object_id=thing.object_id)
        wrong = await nonconformances.page_of(tx, asked, cursor=None, backward=False, limit=LISTED + 1, sites=sites)
        decided = await nonconformances.dispositions_of(tx, [one.nonconformance_id for one in wrong])
    held: list[Hold] | None = None
    if may_see_holds:
        of_lot = await holds.wanted_holds(tx, active_only=False, key=thing.key, sites=hold_sites)
        listed = await holds.page_of_holds(tx, of_lot, cursor=None, backward=False, limit=LISTED + 1, sites=hold_sites) if of_lot else []
        held = [each.hold for each in listed]
    return QualityTold(found if quality else None, detailed, used, pictured, count, wrong if quality else None, decided, held)


async def _photos(tx: TenantTransaction, work: Work, told: Sequence[Inspected]) -> tuple[list[tuple[Photo, str]], int]:
    """Photos of the results, with what each shows, and how many there are; those of results first."""
    captions: dict[UUID, str] = {}
    for each in told:
        for result in each.results:
            for photo_id in result.photo_ids:
                captions.setdefault(photo_id, f"{result.characteristic} #{result.sample}")
    ready = [photo for photo in (await photos.by_ids(tx, captions)).values() if photo.state is PhotoState.READY and photo.content_type != PDF]
    captioned = [(photo, captions[photo.photo_id]) for photo in ready]
    subjects = {each.inspection.reference: each.inspection for each in told}
    for subject, several in (await photos.of(tx, subjects)).items():
        label = word(subjects[subject].kind, work.language)
        captioned += [
            (photo, label) for photo in several if photo.state is PhotoState.READY and photo.content_type != PDF and photo.photo_id not in captions
        ]
    return captioned[:PHOTOS], len(captioned)


async def snapshots_of(work: Work, told: QualityTold) -> Snapshots | None:
    """Thumbnails of the photos, read from the store; one that isn't there any more is left out."""
    found = []
    for photo, caption in told.photos:
        try:
            image = await work.storage.get(photos.thumbnail_key(photo.photo_id), limit=LARGEST_THUMBNAIL)
        except ObjectNotFoundError:
            continue
        address = f"data:image/jpeg;base64,{base64.b64encode(image).decode()}"
        taken = f"\n{photo.taken_at}" if photo.taken_at else ""
        label = work.pick(f"检验照片：{caption}", f"Photo of {caption}")
        found.append(Snapshot(address, f"{caption}{taken}\nSHA-256 {photo.sha256[:12]}…", label, photo.sha256))
    if not found:
        return None
    more = told.photo_count - len(found)
    note = work.pick(f"另有 {more} 张照片，见各次检验。", f"{more} more photos stand with the inspections.") if more > 0 else ""
    return Snapshots(work.pick("照片", "Photos"), found, note)


def blocks_of(work: Work, told: QualityTold) -> list[Block]:
    """Inspections one by one, then what was wrong, then holds; what the asker may not see isn't there."""
    blocks: list[Block] = []
    if told.inspections is not None:
        blocks.append(_overview(work, told.inspections))
        for each in told.detailed:
            blocks += _inspection(work, each, told.instruments)
    if told.nonconformances is not None:
        blocks.append(_nonconformances(work, told.nonconformances, told.dispositions))
    if told.holds is not None:
        blocks.append(_holds(work, told.holds))
    return blocks


def _more(work: Work, found: Sequence[object]) -> str:
    return work.pick(f"仅列出最近的 {LISTED} 条。", f"Only the newest {LISTED} are listed.") if len(found) > LISTED else ""


def _overview(work: Work, found: Sequence[Inspection]) -> Table:
    columns = [
        Column(work.pick("检验", "Inspection")), Column(work.pick("状态", "State")), Column(work.pick("结论", "Conclusion")),
        Column(work.pick("开始", "Opened"), whole=True), Column(work.pick("结论时间", "Concluded"), whole=True), Column(work.pick("结论人", "By")),
    ]  # fmt: skip
    rows = []
    for one in found[:LISTED]:
        replaced = work.pick("（已被取代）", " (superseded)") if one.superseded_by else ""
        rows.append([
            word(one.kind, work.language), word(one.status, work.language), word(one.conclusion, work.language) + replaced,
            moment(work, one.opened_at), moment(work, one.concluded_at), one.concluded_by or "–",
        ])  # fmt: skip
    note = _more(work, found)
    if len(found) > DETAILED:
        detail = work.pick(f"其中最近的 {DETAILED} 次在下面详列。", f"The newest {DETAILED} are told in detail below.")
        note = f"{note} {detail}".strip()
    return Table(work.pick("检验", "Inspections"), columns, rows, note, work.pick("没有检验过。", "It was never inspected."))


def _inspection(work: Work, told: Inspected, used: Mapping[UUID, Instrument]) -> list[Block]:
    one = told.inspection
    code = told.specification.code if told.specification else str(one.specification_id)
    title = f"{word(one.kind, work.language)} · {moment(work, one.opened_at)} · {word(one.conclusion or one.status, work.language)}"
    facts = [
        (work.pick("规范", "Specification"), code + work.pick(f"，第 {one.version} 版", f", version {one.version}")),
        (work.pick("抽样", "Sampling"), sampling_of(work, one)),
    ]
    if told.laboratories:
        facts.append((work.pick("实验室", "Laboratory"), ", ".join(f"{name} ({report})" for name, report in told.laboratories)))
    columns = [
        Column(work.pick("特性", "Characteristic"), share=24), Column(work.pick("方法", "Method"), share=16),
        Column(work.pick("限值", "Limits"), share=16), Column(work.pick("结果", "Result"), share=18),
        Column(work.pick("判定", "Verdict"), share=10), Column(work.pick("仪器", "Instrument"), share=16),
    ]  # fmt: skip
    lines = lines_of(work, told, used)
    rows = [[line.name, line.method, line.limits, line.result, line.verdict, line.instruments] for line in lines]
    strong = [place for place, line in enumerate(lines) if line.failed]
    note = work.pick("结果过多，仅统计最先的一部分。", "There are more results than are told here.") if told.cut else ""
    return [Facts(facts, title), Table(work.pick("结果", "Results"), columns, rows, note, strong=strong)]


def _nonconformances(work: Work, found: Sequence[Nonconformance], decided: Mapping[UUID, Sequence[Disposition]]) -> Table:
    language = "zh" if work.is_chinese else "en"
    columns = [
        Column(work.pick("编号", "Number"), whole=True), Column(work.pick("问题", "What was wrong")), Column(work.pick("等级", "Severity")),
        Column(work.pick("状态", "State")), Column(work.pick("处置", "Disposition")), Column(work.pick("发现", "Found"), whole=True),
    ]  # fmt: skip
    rows = []
    for one in found[:LISTED]:
        lines = []
        for each in decided.get(one.nonconformance_id, ()):
            amount = f" {write_number(each.quantity)} {unit_word(each.uom, language)}" if each.quantity is not None else ""
            lines.append(f"{word(each.kind, work.language)}{amount}: {word(each.status, work.language)}")
        rows.append([
            one.number, one.title, word(one.severity, work.language), word(one.status, work.language), "\n".join(lines) or "–",
            moment(work, one.opened_at),
        ])  # fmt: skip
    empty = work.pick("没有不合格记录。", "No nonconformance is recorded.")
    return Table(work.pick("不合格", "Nonconformances"), columns, rows, _more(work, found), empty)


def _holds(work: Work, found: Sequence[Hold]) -> Table:
    columns = [
        Column(work.pick("原因", "Reason")), Column(work.pick("来源", "Origin")), Column(work.pick("扣留", "Placed"), whole=True),
        Column(work.pick("放行", "Released"), whole=True), Column(work.pick("放行理由", "Why released")),
    ]  # fmt: skip
    rows = [
        [
            one.reason, word(one.origin.kind, work.language), moment(work, one.placed_at),
            work.pick("仍在扣留", "in force") if one.active else moment(work, one.released_at), one.release_reason or "–",
        ]
        for one in found[:LISTED]
    ]  # fmt: skip
    strong = [place for place, one in enumerate(found[:LISTED]) if one.active]
    empty = work.pick("没有对它下达过扣留。", "No hold was ever placed on it by name.")
    return Table(work.pick("扣留", "Holds"), columns, rows, _more(work, found), empty, strong=strong)
