"""Search as you type on a million objects under row level security, against a round trip; and combined questions on their events."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain, cycle
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.events.fields.names import standard
from backend.identifiers import ObjectKind
from backend.search import service
from backend.search.finding import find_objects
from backend.search.kinds import SearchKind
from backend.search.question import Part, Question
from backend.search.service import Sight
from backend.search.terms import Entry, entry_grams, entry_terms, object_terms, texts_of
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Firm, House, Stage
from tests.benchmarks.timing import Act, in_turns
from tests.factories import with_check_digit

NAME = "search"
MILLION: Final = 1_000_000
REPETITIONS: Final = 150
PRODUCTS, DOCUMENTS, OPERATORS = 5_000, 50_000, 500
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
TARGET: Final = Target(20, unit="ms")
# A lot has so many units; a tenth of all that there is are lots.
UNITS: Final = 9
_TASTES: Final = ("三鲜", "牛肉", "猪肉", "韭菜", "虾仁", "香菇", "白菜", "玉米", "荠菜", "全麦")
_GOODS: Final = ("水饺", "馄饨", "包子", "面粉", "馒头", "春卷", "烧卖", "汤圆", "粽子", "面条")
_OBJECT = ("tenant_id", "object_id", "kind", "key", "gtin", "code")
_EVENT = (
    "tenant_id", "event_id", "public_id", "event_key", "base_key", "content_sha256", "event_hash", "event_type", "action", "event_time",
    "event_offset", "record_time", "biz_step", "biz_location", "source", "body", "context",
)  # fmt: skip
PLACE = "https://id.gs1.org/414/9506000134000"

TYPED: Final[dict[str, Callable[[int], str]]] = {
    "beginning of a lot number": lambda n: f"L2026{n % 10}",
    "a lot number": lambda n: f"L2026{n * 977 % 90_000:07d}",
    "the same in small letters": lambda n: f"l2026{n * 977 % 90_000:07d}",
    "last six digits of a serial": lambda n: f"{n * 7919 % 900_000:06d}"[::-1],
    "one digit": lambda n: str(n % 10),
    "a Digital Link as far as it is typed": lambda n: f"https://id.gs1.org/01/{_gtin(n % PRODUCTS)}/21/0",
    "a GTIN": lambda n: _gtin(n % PRODUCTS),
    "Chinese infix of a name": lambda n: f"{_TASTES[n % 10][1]}{_GOODS[n // 10 % 10]}",
    "one ideograph": lambda n: _GOODS[n % 10][0],
    "last digits of an order": lambda n: f"{n * 31 % DOCUMENTS:06d}"[1:],
    "infix of an order": lambda n: f"ORD-{n % 100:02d}",
    "an operator": lambda n: f"w-{n % OPERATORS:03d}",
    "what isn't there": lambda n: f"nothing-{n}",
}


def _gtin(product: int) -> str:
    return with_check_digit(f"0950{product:09d}")


def _objects(tenant: int, count: int, first: int) -> Iterator[tuple[int, int, int, str, str, str]]:
    lots = count // (UNITS + 1)
    for lot in range(lots):
        gtin, number = _gtin(lot % PRODUCTS), f"L2026{lot:07d}"
        yield tenant, first + lot, int(ObjectKind.LOT), f"01/{gtin}/10/{number}", gtin, number
    for unit in range(count - lots):
        gtin, serial = _gtin(unit // UNITS % PRODUCTS), f"{unit:010d}"[::-1]
        yield tenant, first + lots + unit, int(ObjectKind.UNIT), f"01/{gtin}/21/{serial}", gtin, serial


def _entries() -> Iterator[tuple[int, Entry, int, str]]:
    """(number, entry, field, detail)."""
    named = (
        (SearchKind.PRODUCT, _gtin(n), _gtin(n), 0, "", (f"{_TASTES[n % 10]}{_GOODS[n // 10 % 10]} {n}", f"Product {n}")) for n in range(PRODUCTS)
    )
    papers = (
        (SearchKind.DOCUMENT, f"urn:epcglobal:cbv:bt:9506000134000:ORD-{n:06d}", f"ORD-{n:06d}", standard("bizTransaction", "po"), "po", ())
        for n in range(DOCUMENTS)
    )
    people = ((SearchKind.OPERATOR, f"W-{n:03d}", f"W-{n:03d}", 77, "operator", ()) for n in range(OPERATORS))
    for number, (kind, key, label, field, detail, names) in enumerate(chain(named, papers, people), 1):
        yield number, Entry(kind, key, label, texts_of(label, names)), field, detail


def _events(tenant: int, lots: int, first: int) -> Iterator[tuple[Any, ...]]:
    """Each lot was made once, by an operator, on an order."""
    for lot in range(lots):
        key = f"e:urn:uuid:{UUID(int=first + lot)}"
        at = BEGINNING + timedelta(minutes=lot)
        yield (
            tenant, first + lot, UUID(int=first + lot), key, key, sha256(key.encode()).digest(), key, 1, 1, at, "+08:00", at, "commissioning", PLACE,
            1, "{}", "[]",
        )  # fmt: skip


async def _copy(connection: asyncpg.Connection, table: str, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(table, schema_name="suyuan", columns=list(columns), records=rows)


async def load(house: House, firm: Firm, count: int, first: int) -> None:
    """A firm's objects, what else can be found, and the events in which its lots were made."""
    tenant, lots = firm.tenant_id, count // (UNITS + 1)
    async with house.admin() as connection:
        await _copy(connection, "traceable_object", _OBJECT, _objects(tenant, count, first))
        terms = ((tenant, *term) for row in _objects(tenant, count, first) for term in object_terms(row[1], ObjectKind(row[2]), row[5]))
        await _copy(connection, "search_term", ("tenant_id", "way", "kind", "term", "subject"), terms)
        entries = list(_entries())
        columns = ("tenant_id", "entry_id", "kind", "field", "key", "label", "detail", "texts")
        told = ((tenant, n, int(e.kind), field, e.key, e.label, detail, e.texts) for n, e, field, detail in entries)
        await _copy(connection, "search_entry", columns, told)
        found = ((tenant, *term) for n, e, *_ in entries for term in entry_terms(n, e))
        await _copy(connection, "search_term", ("tenant_id", "way", "kind", "term", "subject"), found)
        await _copy(
            connection, "search_gram", ("tenant_id", "gram", "entry_id"), ((tenant, *gram) for n, e, *_ in entries for gram in entry_grams(n, e))
        )
        await _copy(connection, "event", _EVENT, _events(tenant, lots, first))
        part = ("tenant_id", "object_id", "event_id", "role", "line", "event_time", "quantity")
        made = ((tenant, first + n, first + n, 1, 0, BEGINNING + timedelta(minutes=n), 1) for n in range(lots))
        await _copy(connection, "event_object", part, made)
        said = chain(
            (
                (tenant, standard("bizTransaction", "po"), first + n, 0, f"urn:epcglobal:cbv:bt:9506000134000:ORD-{n % DOCUMENTS:06d}")
                for n in range(lots)
            ),
            ((tenant, 77, first + n, 0, f"W-{n % OPERATORS:03d}") for n in range(lots)),
        )
        await _copy(connection, "event_field", ("tenant_id", "field", "event_id", "line", "text_value"), said)


async def run(stage: Stage, report: Report, objects: int = MILLION) -> None:
    """Every kind of text in turns with a round trip, then questions; a tenth as much belongs to another firm."""
    async with stage.house("search") as house:
        report.say(f"loading {objects:,} objects with their terms")
        firm, other = await house.new_firm(), await house.new_firm()
        await load(house, firm, objects, 1)
        await load(house, other, objects // 10, objects + 1)
        async with house.admin() as connection:
            await connection.execute("vacuum (analyze)")
        database = house.services.database
        sight = Sight()

        def typing(name: str) -> Act:
            numbers = cycle(Random(7).sample(range(100_000), REPETITIONS))

            async def act() -> None:
                async with database.tenant(firm.tenant_id) as tx:
                    await service.search(tx, TYPED[name](next(numbers)), sight)

            return act

        def asking(question: Question) -> Act:
            async def act() -> None:
                async with database.tenant(firm.tenant_id) as tx:
                    await find_objects(tx, question)

            return act

        async def round_trip() -> None:
            async with database.tenant(firm.tenant_id) as tx:
                await tx.fetchval("select $1::int")

        questions = {
            "lot number and operator": Question(lot="L20260001234", operator="W-234"),
            "order": Question(document="ORD-004321"),
            "operator, product and month": Question(
                operator="W-234", product=_gtin(1234), time_from=BEGINNING, time_to=BEGINNING + timedelta(days=31), parts=(Part.MADE,)
            ),
            "everything, newest first": Question(),
            "step and place": Question(biz_steps=("commissioning",), place=PLACE),
        }
        limit, *samples = await in_turns([round_trip, *map(typing, TYPED), *map(asking, questions.values())], repetitions=REPETITIONS, warm_up=8)
        for name, taken in zip([*TYPED, *(f"question: {name}" for name in questions)], samples, strict=True):
            worst = taken.percentile(0.95) * 1000
            raw = {"p50_ms": taken.p50 * 1000, "p95_ms": worst, "select_1_ms": limit.p50 * 1000}
            target = None if name.startswith("question") else TARGET
            report.add(Measure(NAME, f"{name}, {objects:,} objects", taken.told, f"begin, select 1, commit: {limit.told}", worst, target, raw))
    report.note("The ratio of search is its p95 in milliseconds; begin, setting the tenant and commit are in each figure.")
