"""The index is current after the worker has come to it, however often it was rung, and whoever indexes."""

from collections.abc import Awaitable, Callable

import pytest

from backend.commands.index_search import index_search
from backend.events.canonical import CanonicalEvent
from backend.search import indexing, repository
from backend.search.folding import Way, beyond, fold, grams, grams_asked, starts, terms_of_code, trimmed
from backend.search.kinds import SearchKind
from backend.search.words import label_of, words_of
from backend.services import Services
from tests.factories import DUMPLING, FLOUR, canonical, capture, lot, made, quantity, unit
from tests.firms import Firm
from tests.search.conftest import told

COUNTS = """select (select count(*) from search_term where tenant_id = $1), (select count(*) from search_entry where tenant_id = $1),
  (select count(*) from search_gram where tenant_id = $1), (select count(*) from search_entry_place where tenant_id = $1),
  (select max(seq) from search_progress where tenant_id = $1), (select max(last_seq) from tenant_sequence where tenant_id = $1)"""


async def counts(services: Services, firm: Firm) -> tuple[int, ...]:
    async with services.database.tenant(firm.tenant_id) as tx:
        row = await tx.fetchrow(COUNTS)
    assert row is not None
    return tuple(row)


async def test_everything_is_indexed_once_however_it_is_cut(
    services: Services, mill: Firm, firm: Firm, do_outbox: Callable[[], Awaitable[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await counts(services, mill)
    assert whole[4] == whole[5]
    async with services.database.tenant(mill.tenant_id) as tx:
        await repository.lock_progress(tx)
        await repository.set_progress(tx, 0)
    monkeypatch.setattr(indexing, "EVENTS_AT_ONCE", 1)
    async with services.database.tenant(mill.tenant_id) as tx:
        await indexing.ring(tx, {})
        await indexing.ring(tx, {})
    await do_outbox()
    assert await counts(services, mill) == whole


async def test_long_events_are_read_a_few_at_a_time(services: Services, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    await capture(services, firm.tenant_id, *(made([], [quantity(lot(FLOUR, f"LONG-{number}"), 1)]) for number in range(3)), together=True)
    monkeypatch.setattr(repository, "MOST_CHARACTERS", 10)
    steps = 1
    async with services.database.tenant(firm.tenant_id) as tx:
        while await indexing.index_events(tx):
            steps += 1
    assert steps == 3
    assert (await counts(services, firm))[4] == 3


async def test_the_operators_command_indexes_what_was_there_before(services: Services, mill: Firm) -> None:
    whole = await counts(services, mill)
    async with services.database.tenant(mill.tenant_id) as tx:
        await tx.execute("delete from search_term where tenant_id = $1")
        await repository.lock_progress(tx)
        await repository.set_progress(tx, 0)
    await index_search(services)
    # What is in the index already isn't told of again: only the objects' terms are known anew from the events.
    after = await counts(services, mill)
    assert after[1:] == whole[1:]
    assert after[0] > 0
    assert await index_search(services) > 0
    assert await counts(services, mill) == after


async def test_two_tenants_have_indexes_of_their_own(
    services: Services, firm: Firm, other_firm: Firm, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    await capture(services, firm.tenant_id, made([unit(DUMPLING, "ONLY-HERE")]))
    await do_outbox()
    assert (await counts(services, other_firm))[:4] == (0, 0, 0, 0)


def event(**fields: object) -> CanonicalEvent:
    [read] = canonical(told(made([], [quantity(lot(FLOUR, "X"), 1)]), **fields))
    return read


def test_fields_are_taken_for_what_their_names_say() -> None:
    read = event(
        **{
            "mill:operatorId": "W-1", "mill:machine": "M-1", "mill:vendorBatchNo": "B-1", "mill:shift": "early", "mill:temp": 180,
            "mill:note": "x" * 101, "mill:since": "2026-03-02T08:00:00Z", "mill:ok": True, "mill:nested": {"mill:inspector": "I-1"},
        }
    )  # fmt: skip
    found = {(word.kind, word.label, word.detail) for word in words_of(read) if word.field}
    assert found == {
        (SearchKind.OPERATOR, "W-1", "operatorId"), (SearchKind.EQUIPMENT, "M-1", "machine"), (SearchKind.SUPPLIER_LOT, "B-1", "vendorBatchNo"),
        (SearchKind.FIELD, "early", "shift"), (SearchKind.PARAMETER, "temp", ""), (SearchKind.OPERATOR, "I-1", "inspector"),
    }  # fmt: skip


def test_an_event_gives_a_bounded_number_of_words() -> None:
    read = event(**{f"mill:f{number}": f"value {number}" for number in range(500)})
    assert len(words_of(read)) < 70


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("urn:epcglobal:cbv:bt:9506000134345:PO-1", "PO-1"), ("https://firm.example/papers/inv/77/", "77"),
        ("https://id.gs1.org/8004/4000001111", "4000001111"),
        ("W-17", "W-17"), ("WH-778/B", "WH-778/B"), ("https://id.gs1.org/414/9506000134000/254/GATE-2", "9506000134000/254/GATE-2"),
    ],
)  # fmt: skip
def test_people_call_things_by_what_differs(uri: str, label: str) -> None:
    assert label_of(uri) == label


def test_texts_are_made_alike() -> None:
    assert fold("  Ｌ-２０２６　Ａ\x1d ") == "l-2026 a"
    assert fold("Straße") == fold("STRASSE")
    assert trimmed("*l-2026*") == "l-2026"
    assert fold("\u200bab\u00adc") == "abc"


def test_terms_begin_where_words_do_and_end_at_the_end() -> None:
    assert terms_of_code("L-2026/0315") == {
        (Way.START, "l-2026/0315"), (Way.WORD, "2026/0315"), (Way.WORD, "0315"), (Way.END, "5130/6202-l"),
    }  # fmt: skip
    assert (Way.WORD, "水饺 500g") in starts("abc水饺 500g")
    assert beyond("a") > "a\uffff\uffff"


def test_pieces_are_those_that_every_text_with_the_infix_has() -> None:
    text = fold("高筋小麦面粉 Strong 5kg")
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            assert set(grams_asked(text[start:end])) <= grams(text), text[start:end]
    assert grams_asked("ab") == []
    assert grams_asked("面") == ["面"]
