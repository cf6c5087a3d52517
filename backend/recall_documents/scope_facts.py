"""What a recall's documents tell of its scope: frozen as it was announced, else as computed now; and where the goods are at this moment."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.documents.work import Work
from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.recall_documents.facts import AdditionLine, Amounts, BalanceLine, CoPackedLine, Counts, GoodsLine, TotalLine
from backend.recall_documents.parts import Pen
from backend.recall_documents.words import FATES
from backend.recall_scope import service as scopes
from backend.recall_scope.errors import NotFrozenError
from backend.recall_scope.service import Affected, Amount, FrozenScope, Item, RecallScope, Role, Source, Suspect, Whereabouts
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.words import doubt_word
from backend.trace.rules import Doubt
from infra.database import TenantTransaction

# Beyond it goods stand in no document: they can be exported as events.
MOST_GOODS: Final = 20_000
MOST_INPUTS: Final = 1_000
MOST_PLACES: Final = 4
_AT_ONCE: Final = 1_000
_NAMES_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """As `facts.Facts` takes them; `roots` are keys of what is suspected, `links` how many lead from it."""

    version: int
    frozen_at: datetime | None
    known_at: datetime
    digest: str
    sources: tuple[str, ...]
    bounds: tuple[str, ...]
    counts: Counts
    suspects: tuple[GoodsLine, ...]
    goods: tuple[GoodsLine, ...]
    co_packed: tuple[CoPackedLine, ...]
    totals: tuple[TotalLine, ...]
    balances: tuple[BalanceLine, ...]
    additions: tuple[AdditionLine, ...]


async def gather(work: Work, case_id: UUID, reader: Reader, pen: Pen) -> ScopeFacts:
    """Of the last frozen version, or as it is now before any. Raises `ScopeTooLargeError`."""
    frozen = await work.in_tenant(lambda tx: _frozen(tx, case_id))
    now = await work.in_tenant(lambda tx: scopes.of_case(tx, case_id))
    goods: Sequence[Item | Affected] = now.affected
    inputs: Sequence[Item | Suspect] = now.suspect_inputs
    if frozen is not None:
        goods = await _items(work, case_id, frozen, Role.AFFECTED, MOST_GOODS)
        inputs = await _items(work, case_id, frozen, Role.INPUT, MOST_INPUTS)
    additions = await work.in_tenant(lambda tx: scopes.additions(tx, case_id)) if frozen is not None else []
    gtins = {each.thing.gtin for several in (goods, inputs, now.co_packed, additions) for each in several}
    gtins |= {total.gtin for total in now.totals} | {balance.gtin for balance in now.balances}
    places, parties = _where_all([each.places for each in goods])
    parties |= {total.party for total in now.totals if total.party} | {addition.party for addition in additions if addition.party}
    parties |= {party for each in now.suspect_inputs for party in each.suppliers}
    places |= {each.place for each in now.totals if each.place}
    names = await _names(work, reader, {gtin for gtin in gtins if gtin}, places, parties)
    counts = (frozen or now).counts
    suppliers = {each.thing.key: each.suppliers for each in now.suspect_inputs}
    return ScopeFacts(
        version=frozen.version if frozen else 0, frozen_at=frozen.frozen_at if frozen else None, known_at=now.known_at,
        digest=frozen.digest if frozen else "", sources=_sources(now.sources, pen), bounds=_bounds(now, names, pen),
        counts=Counts(
            counts.affected, counts.certain, counts.possible, counts.left_out, counts.units, counts.suspects, now.counts.co_packed, counts.shipments,
            counts.customers,
        ),
        suspects=tuple(_suspect(each, suppliers.get(each.thing.key, ()), names, pen) for each in inputs),
        goods=tuple(_goods(each, names, pen) for each in goods),
        co_packed=tuple(
            CoPackedLine(each.thing.code, names.product(each.thing.gtin) or "", each.quantity, each.uom, each.containers) for each in now.co_packed
        ),
        totals=tuple(
            TotalLine(
                each.state.name, names.product(each.gtin) or "", names.party(each.party) or names.place(each.place) or "", each.quantity,
                each.uom, each.certainty is Certainty.CERTAIN, each.objects,
            )
            for each in now.totals
        ),
        balances=tuple(
            BalanceLine(names.product(each.gtin) or "–", each.uom, each.came, each.stock, each.in_transit, each.used, each.shipped, each.sold,
                        each.destroyed, each.difference)
            for each in now.balances
        ),
        additions=tuple(
            AdditionLine(each.kind.name, each.code, names.product(each.gtin) or "", each.certainty is Certainty.CERTAIN, _why(each.doubts, pen),
                         each.found_at, names.party(each.party) or "", each.quantity, each.uom)
            for each in additions
        ),
    )  # fmt: skip


async def _frozen(tx: TenantTransaction, case_id: UUID) -> FrozenScope | None:
    try:
        return await scopes.frozen(tx, case_id)
    except NotFrozenError:
        return None


async def _items(work: Work, case_id: UUID, frozen: FrozenScope, role: Role, most: int) -> list[Item]:
    found: list[Item] = []
    while len(found) < most:
        after = found[-1].position if found else 0

        async def read(tx: TenantTransaction, after: int = after) -> list[Item]:
            return await scopes.items(tx, case_id, frozen.version, after=after, limit=_AT_ONCE, role=role)

        part = await work.in_tenant(read)
        found += part
        if len(part) < _AT_ONCE:
            break
    return found[:most]


async def _names(work: Work, reader: Reader, gtins: Collection[str], places: Collection[str], parties: Collection[str]) -> Names:
    names = Names(reader)
    for kind, wanted in (("gtins", sorted(gtins)), ("places", sorted(places)), ("parties", sorted(parties))):
        for at in range(0, len(wanted), _NAMES_AT_ONCE):
            part = {kind: wanted[at : at + _NAMES_AT_ONCE]}

            async def read(tx: TenantTransaction, part: dict[str, list[str]] = part) -> Names:
                return await look_up(tx, reader, **part, then=False)

            found = await work.in_tenant(read)
            names.products.update(found.products)
            names.places.update(found.places)
            names.parties.update(found.parties)
    return names


def _where_all(several: Iterable[Sequence[Whereabouts]]) -> tuple[set[str], set[str]]:
    places, parties = set(), set()
    for each in several:
        for where in each[:MOST_PLACES]:
            places |= {where.place} if where.place else set()
            parties |= {where.party} if where.party else set()
    return places, parties


def _amounts(quantities: Sequence[Amount]) -> Amounts:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for each in quantities:
        found[each.uom] += each.quantity
    return dict(found)


def _why(doubts: Sequence[Doubt], pen: Pen) -> str:
    return pen.pick("；", "; ").join(doubt_word(doubt, "zh" if pen.is_chinese else "en") for doubt in doubts)


def _goods(each: Item | Affected, names: Names, pen: Pen) -> GoodsLine:
    thing = each.thing
    return GoodsLine(
        key=thing.key, code=thing.code, gtin=thing.gtin or "", product=names.product(thing.gtin) or "", kind=ObjectKind(thing.kind).name,
        certain=each.certainty is Certainty.CERTAIN, why=_why(each.doubts, pen), units=each.units, root=each.root, amounts=_amounts(each.quantities),
        where=_where(each.places, names, pen),
    )  # fmt: skip


def _suspect(each: Item | Suspect, suppliers: Sequence[str], names: Names, pen: Pen) -> GoodsLine:
    thing = each.thing
    return GoodsLine(
        key=thing.key,
        code=thing.code,
        gtin=thing.gtin or "",
        product=names.product(thing.gtin) or "",
        kind=ObjectKind(thing.kind).name,
        certain=each.certainty is Certainty.CERTAIN,
        why=_why(each.doubts, pen),
        units=each.of_sources if isinstance(each, Suspect) else 1,
        root=False,
        amounts={},
        where="",
        suppliers=", ".join(names.party(party) or party for party in suppliers),
    )


def _where(places: Sequence[Whereabouts], names: Names, pen: Pen) -> str:
    told = []
    for each in places[:MOST_PLACES]:
        at = names.party(each.party) or names.place(each.place) or ""
        amount = f" {pen.amount(each.quantity, each.uom)}" if each.quantity is not None else ""
        told.append(f"{pen.word(FATES, each.state.name)}{f' · {at}' if at else ''}{amount}")
    if len(places) > MOST_PLACES:
        told.append("…")
    return pen.pick("；", "; ").join(told)


def _sources(sources: Sequence[Source], pen: Pen) -> tuple[str, ...]:
    told = []
    for each in sources:
        what = each.key.removeprefix("https://id.gs1.org/")
        if each.scope is not None:
            what = ", ".join(f"{name} {value}" for name, value in each.scope.declared().items())
        told.append(" · ".join(part for part in (_KINDS[each.kind.name][0 if pen.is_chinese else 1], what, each.reference) if part))
    return tuple(told[:50])


_KINDS: Final = {
    "OBJECT": ("货物", "goods"), "WINDOW": ("时间窗口", "window"), "COMPLAINT": ("投诉", "complaint"), "REFERENCE": ("记录", "record"),
}  # fmt: skip


def _bounds(scope: RecallScope, names: Names, pen: Pen) -> tuple[str, ...]:
    bounds = scope.bounds
    told = []
    if bounds.since:
        told.append(pen.pick(f"自 {pen.at(bounds.since)}", f"since {pen.at(bounds.since)}"))
    if bounds.until:
        told.append(pen.pick(f"至 {pen.at(bounds.until)}", f"until {pen.at(bounds.until)}"))
    if bounds.place:
        told.append(pen.pick(f"地点 {names.place(bounds.place)}", f"place {names.place(bounds.place)}"))
    if not bounds.include_possible:
        told.append(pen.pick("仅确定的货物", "certain goods only"))
    return tuple(told)
