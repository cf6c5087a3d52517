"""How much of a lot there was, where it lay, and the events that tell it, each with its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backend.balance.errors import BalanceTooLargeError
from backend.balance.flow_service import LotBalance, lot_balance
from backend.catalog.sites import Sites
from backend.documents.stamp import moment, zone_of
from backend.documents.work import Work
from backend.dossiers import repository
from backend.dossiers.sheet import Block, Column, Table
from backend.dossiers.words import word
from backend.events.canonical import Action, EventType
from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.shapes.life import Life, life_of
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.series import Series
from backend.shapes.stays import RowKind
from backend.shapes.words import measured_word, step_word, unit_word, write_number
from infra.csv_text import csv_rows
from infra.database import Record, TenantTransaction
from infra.printing.shell import AttachedFile

EVENTS_PRINTED: Final = 150
# What is attached: about two megabytes.
EVENTS_ATTACHED: Final = 20_000
_PAGE: Final = 2_000
STAYS: Final = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """The account of a lot (None where it has none, or is too large), its life, its events as far as they are attached, and all their number."""

    balance: LotBalance | None
    life: Life
    events: Sequence[Record]
    event_count: int
    names: Names


async def read(tx: TenantTransaction, work: Work, thing: TraceableObject, sites: Sites | None) -> Moved:
    """What events at the sites tell."""
    language = "zh" if work.is_chinese else "en"
    reader = Reader(language, (language,), sites)
    balance: LotBalance | None = None
    if thing.kind is ObjectKind.LOT:
        try:
            balance = await lot_balance(tx, thing.key, sites=sites)
        except BalanceTooLargeError:
            balance = None
    life = await life_of(tx, reader, thing.key)
    events: list[Record] = []
    while len(events) < EVENTS_ATTACHED:
        behind = (events[-1]["event_time"], events[-1]["event_id"]) if events else None
        page = await repository.events_of(tx, thing.object_id, sites, behind=behind, limit=min(_PAGE, EVENTS_ATTACHED - len(events)))
        events += page
        if len(page) < _PAGE:
            break
    count = len(events)
    if count == EVENTS_ATTACHED:
        count = await repository.count_events(tx, thing.object_id, sites, 10 * EVENTS_ATTACHED)
    places = {row["place"] for row in events if row["place"]}
    parties: set[str] = set()
    if balance is not None:
        places |= {line.place for line in balance.balance.lines if line.place} | {stock.place for stock in balance.balance.stock if stock.place}
        parties = {line.party for line in balance.balance.lines if line.party}
    return Moved(balance, life, events, count, await look_up(tx, reader, places=places, parties=parties, then=False))


def balance_blocks(work: Work, told: Moved) -> list[Block]:
    """The account by unit of measure, and its lines."""
    if told.balance is None:
        return []
    language, balance = "zh" if work.is_chinese else "en", told.balance.balance
    heads = [
        Column(work.pick("单位", "Unit")),
        *(
            Column(work.pick(*words), number=True)
            for words in (("增加", "In"), ("减少", "Out"), ("在库", "In stock"), ("在途", "In transit"), ("差异", "Difference"))
        ),
    ]
    accounts = [
        [
            unit_word(each.uom, language),
            *(write_number(value) for value in (each.incoming, each.outgoing, each.in_stock, each.in_transit, each.difference)),
        ]
        for each in balance.accounts
    ]
    partial = work.pick("仅按您可见的地点计算。", "Worked out from the sites that you may see.") if told.balance.partial else ""
    differing = [place for place, each in enumerate(balance.accounts) if each.difference]
    empty = work.pick("没有记录数量。", "No quantity is recorded.")
    blocks: list[Block] = [Table(work.pick("物料平衡", "Mass balance"), heads, accounts, partial, empty, strong=differing)]
    columns = [
        Column(work.pick("项目", "Line")), Column(work.pick("数量", "Quantity"), number=True), Column(work.pick("工序", "Step")),
        Column(work.pick("地点", "Place")), Column(work.pick("对方", "Party")), Column(work.pick("确定性", "Certainty")),
    ]  # fmt: skip
    rows = [
        [
            word(line.kind, work.language), f"{write_number(line.quantity)} {unit_word(line.uom, language)}",
            step_word(line.step, language) if line.step else "–", told.names.place(line.place) or "–", told.names.party(line.party) or "–",
            work.pick("确定", "certain") if line.certainty is Certainty.CERTAIN else work.pick("可能", "possible"),
        ]
        for line in balance.lines[:STAYS]
    ]  # fmt: skip
    if rows:
        note = (
            work.pick(f"共 {len(balance.lines)} 行，列出前 {STAYS} 行。", f"The first {STAYS} of {len(balance.lines)} lines.")
            if len(balance.lines) > STAYS
            else ""
        )
        blocks.append(Table(work.pick("数量的来龙去脉", "How the quantities came about"), columns, rows, note))
    return blocks


def life_blocks(work: Work, told: Moved) -> list[Block]:
    """In which containers and places it was, and what sensors measured along the way."""
    blocks: list[Block] = []
    if told.life.series:
        blocks.append(_series(work, told.life.series))
    stays = [row for row in told.life.rows if row.kind in (RowKind.CONTAINER, RowKind.STAY, RowKind.TRANSPORT)]
    columns = [
        Column(work.pick("类别", "Kind"), share=14), Column(work.pick("容器或地点", "Container or place"), share=46),
        Column(work.pick("自", "From"), whole=True, share=20), Column(work.pick("至", "Until"), whole=True, share=20),
    ]  # fmt: skip
    rows = [
        [word(row.kind, work.language), row.title, moment(work, row.since), moment(work, row.until) if row.until else work.pick("至今", "now")]
        for row in stays[:STAYS]
    ]
    note = ""
    if len(stays) > STAYS or told.life.is_cut:
        note = work.pick("列出的不是全部：只有最先的部分。", "These aren't all: only the first are listed.")
    empty = work.pick("没有记录。", "Nothing is recorded.")
    blocks.append(Table(work.pick("容器与所在地点", "Containers and places"), columns, rows, note, empty))
    return blocks


def _series(work: Work, series: Sequence[Series]) -> Table:
    language = "zh" if work.is_chinese else "en"
    columns = [
        Column(work.pick("测量", "Measured")), Column(work.pick("最低", "Lowest"), number=True), Column(work.pick("最高", "Highest"), number=True),
        Column(work.pick("自", "From"), whole=True), Column(work.pick("至", "Until"), whole=True),
    ]  # fmt: skip
    rows = []
    for each in series:
        if not each.buckets:
            continue
        unit = f" {unit_word(each.uom, language)}" if each.uom else ""
        low, high = (_plain(found) for found in (min(one.lowest for one in each.buckets), max(one.highest for one in each.buckets)))
        rows.append([
            measured_word(each.kind, language), f"{write_number(low)}{unit}", f"{write_number(high)}{unit}",
            moment(work, each.buckets[0].since), moment(work, each.buckets[-1].until),
        ])  # fmt: skip
    return Table(work.pick("传感器记录", "Sensor readings"), columns, rows)


def _plain(number: float) -> Decimal:
    return Decimal(f"{number:.6g}")


def event_blocks(work: Work, told: Moved, name: str) -> tuple[list[Block], tuple[AttachedFile, ...], tuple[str, ...]]:
    """The first events with their hashes; the whole as a table that travels in the file."""
    columns = [
        Column(work.pick("时间", "Time"), whole=True, share=17), Column(work.pick("类型", "Type"), share=14),
        Column(work.pick("工序", "Step"), share=14), Column(work.pick("地点", "Place"), share=19),
        Column(work.pick("事件哈希", "Event hash"), share=36),
    ]  # fmt: skip
    rows = [_event(work, told, row) for row in told.events[:EVENTS_PRINTED]]
    hashed = work.pick("哈希按 CBV 2.0 计算。", "Hashes are those of CBV 2.0.")
    empty = work.pick("没有可见的事件。", "There is no event that you may see.")
    title = work.pick("事件清单", "Events")
    if told.event_count <= EVENTS_PRINTED:
        note = work.pick(f"共 {told.event_count} 个事件。", f"{told.event_count} events.")
        return [Table(title, columns, rows, f"{note} {hashed}", empty)], (), ()
    attached = len(told.events)
    whole = work.pick("全部", "all of them") if attached == told.event_count else work.pick(f"前 {attached:,} 个", f"the first {attached:,}")
    note = work.pick(
        f"共 {told.event_count:,} 个事件，此处印出前 {EVENTS_PRINTED} 个；{whole}在本文件所附的表 {name} 中。",
        f"{told.event_count:,} events, of which the first {EVENTS_PRINTED} are printed; {whole} stand in the attached table {name}.",
    )
    table = AttachedFile(name, _csv(work, told), work.pick("事件清单", "The list of events"))
    return [Table(title, columns, rows, f"{note} {hashed}", empty)], (table,), (note,)


def _event(work: Work, told: Moved, row: Record) -> list[str]:
    language = "zh" if work.is_chinese else "en"
    kind = word(EventType(row["event_type"]), work.language)
    action = f" · {word(Action(row['action']), work.language)}" if row["action"] else ""
    state = ""
    if row["declaration"]:
        state = work.pick("\n更正声明", "\nerror declaration")
    elif row["superseded"]:
        state = work.pick("\n已被更正", "\ncorrected since")
    step = step_word(row["biz_step"], language, row["disposition"]) if row["biz_step"] else "–"
    return [
        moment(work, row["event_time"]), f"{kind}{action}{state}", step,
        told.names.place(row["place"]) or "–", row["event_hash"].removeprefix("ni:///sha-256;").partition("?")[0],
    ]  # fmt: skip


def _csv(work: Work, told: Moved) -> str:
    head = [
        "event_time",
        "record_time",
        "event_id",
        "type",
        "action",
        "business_step",
        "disposition",
        "place",
        "superseded",
        "declaration",
        "event_hash",
    ]
    zone = zone_of(work.time_zone)
    rows = [
        [
            row["event_time"].astimezone(zone).isoformat(), row["record_time"].astimezone(zone).isoformat(), str(row["public_id"]),
            EventType(row["event_type"]).epcis, Action(row["action"]).name if row["action"] else "", row["biz_step"] or "", row["disposition"] or "",
            row["place"] or "", str(row["superseded"]).lower(), str(row["declaration"]).lower(), row["event_hash"],
        ]
        for row in told.events
    ]  # fmt: skip
    return "\ufeff" + csv_rows([head, *rows]).decode()
