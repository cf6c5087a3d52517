"""A recalled lot says so at the top of its page, in words and for programs; only what was announced, and not a word too early."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backend.consumers import telling
from backend.history import recall_publisher
from backend.history.recall_publisher import merge
from backend.history.recall_repository import Goods
from backend.services import Services
from backend.worker import handlers
from infra import clock
from infra.outbox import enqueue
from tenants.permissions import Permission, Role
from tests.factories import DUMPLING, FLOUR, capture, declared_wrong, lot, made, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.history.markup import elements, text_of
from tests.history.stories import LOT_PATH, UNIT_PATH, page_rows, published, put
from tests.nonconformance.conftest import Signer
from tests.recalls.conftest import RECALL, Desk
from tests.recalls.operations import CHANGE, DECIDE, EXTEND
from tests.signing import authenticator_of

__all__ = ["anonymous", "caller_of", "owner"]
DoOutbox = Callable[[], Awaitable[int]]
Visit = Callable[..., Awaitable[httpx.Response]]
F1, OTHER_PATH = lot(FLOUR, "F1"), f"/01/{DUMPLING}/10/P2"
PRODUCT = f"/01/{DUMPLING}"
TOLD = {
    "products": {"zh": "猪肉水饺", "en": "Pork dumplings"}, "hazard": "Glass splinters",
    "instructions": {"zh": "请勿食用。\n退回购买处。", "en": "Do not eat.\nTake it back to the shop."},
    "contactPhone": "+86 (21) 5555-0100", "contactEmail": "recall@suwei.example",
}  # fmt: skip


@pytest.fixture
async def desk(services: Services, maker: Firm, owner: Caller) -> Desk:
    """Where the maker of dumplings works on recalls."""
    # P2 is of the same dough and of no bad flour.
    await capture(services, maker.tenant_id, transformed([lot(FLOUR, "F2")], [lot(DUMPLING, "P2")], minutes=120))
    return Desk(Signer(owner, await authenticator_of(services, owner.headers)))


async def opened(desk: Desk, key: str = F1, **more: Any) -> dict[str, Any]:
    return await desk.open(key, **{**TOLD, **more})


@pytest.fixture
async def announced(desk: Desk, do_outbox: DoOutbox) -> dict[str, Any]:
    """The flour's recall, announced and published."""
    case = await desk.announce(await desk.decide(await opened(desk)))
    await do_outbox()
    return case


async def test_a_recalled_lot_says_so_before_anything_else(visit: Visit, maker: Firm, announced: dict[str, Any]) -> None:
    answer = await visit(maker, LOT_PATH, accept_language="en")
    told = text_of(answer)
    assert len(answer.content) < 30_000
    begun = told[told.index("Product recall") :]
    assert begun.startswith(
        "Product recall This lot is being recalled Pork dumplings Why Glass splinters What to do Do not eat. Take it back to the shop. "
        "Phone +86 (21) 5555-0100 E-mail recall@suwei.example Recall R-"
    )
    assert told.index("This lot is being recalled") < told.index("Pork dumplings 500 g")
    assert "Class I ·" in told
    assert "Under review" not in told
    assert "No notices" not in told
    assert elements(answer, "//section[contains(@class, 'recall')]//a/@href") == ["tel:+862155550100", "mailto:recall@suwei.example"]
    assert "Salmonella" not in told  # what the case is called, and why it was opened, is the company's own
    chinese = text_of(await visit(maker, LOT_PATH, accept_language="zh"))
    for expected in ("产品召回 这一批产品正在召回 猪肉水饺", "请勿食用。 退回购买处。", "召回级别 一级"):
        assert expected in chinese


async def test_units_and_the_product_say_it_and_a_neighbour_doesnt(visit: Visit, maker: Firm, announced: dict[str, Any]) -> None:
    assert "This item is being recalled" in text_of(await visit(maker, UNIT_PATH, accept_language="en"))
    product = text_of(await visit(maker, PRODUCT, accept_language="en"))
    assert "Some lots of this product are being recalled Recalled lots P1 " in product
    other = text_of(await visit(maker, OTHER_PATH, accept_language="en"))
    assert "No notices" in other
    assert "recalled" not in other.replace("should this product or lot be recalled", "")


async def test_programs_are_told_too(visit: Visit, maker: Firm, announced: dict[str, Any]) -> None:
    told = (await visit(maker, LOT_PATH, accept="application/ld+json")).json()
    [notice] = told["subjectOf"]
    assert (notice["@type"], notice["identifier"], notice["creativeWorkStatus"]) == ("SpecialAnnouncement", announced["number"], "Active")
    assert notice["publisher"]["contactPoint"]["telephone"] == TOLD["contactPhone"]
    assert {"@language": "en", "@value": "Do not eat.\nTake it back to the shop."} in notice["text"]
    links = (await visit(maker, f"{LOT_PATH}?linkType=linkset")).json()["linkset"][0]
    assert [link["hreflang"] for link in links["https://gs1.org/voc/recallStatus"]] == [["zh-CN"], ["en"]]
    assert "being recalled" in (await visit(maker, f"{LOT_PATH}?linkType=gs1:recallStatus&lang=en")).text


@pytest.mark.parametrize(
    ("opening", "decision"),
    [
        ({}, None), ({}, RECALL), ({"drill": True}, RECALL), ({}, {**RECALL, "decision": "WITHDRAWAL", "depth": "TRADE"}),
        ({}, {**RECALL, "depth": "TRADE"}),
    ],
    ids=["a suspicion", "decided alone", "a drill", "a withdrawal", "from the trade"],
)  # fmt: skip
async def test_nothing_else_is_published(
    visit: Visit, services: Services, maker: Firm, desk: Desk, do_outbox: DoOutbox, opening: dict[str, Any], decision: dict[str, Any] | None
) -> None:
    case = await opened(desk, **opening)
    if decision is not None:
        case = await desk.act(DECIDE, {"caseId": case["id"], **decision}, "APPROVED")
    if decision is not None and (opening or decision["depth"] == "TRADE"):
        await desk.announce(case)
    await do_outbox()
    answer = await visit(maker, LOT_PATH, accept_language="en")
    assert "being recalled" not in text_of(answer)
    assert not [key for key in await page_rows(services, maker) if key.startswith("recall/")]


async def test_words_that_are_put_right_are_on_the_page_at_once(
    visit: Visit, services: Services, maker: Firm, desk: Desk, announced: dict[str, Any], do_outbox: DoOutbox
) -> None:
    before = {key: row for key, row in (await page_rows(services, maker)).items() if not key.startswith("recall/")}
    await desk.act(CHANGE, {"caseId": announced["id"], "instructions": {"en": "Throw it away."}})
    await do_outbox()
    assert "Throw it away." in text_of(await visit(maker, LOT_PATH, accept_language="en"))
    # One row: of a hundred thousand lots none is written again.
    assert {key: row for key, row in (await page_rows(services, maker)).items() if not key.startswith("recall/")} == before


async def test_late_goods_say_it_once_the_extension_is_signed(
    visit: Visit, services: Services, maker: Firm, desk: Desk, announced: dict[str, Any], do_outbox: DoOutbox
) -> None:
    await capture(services, maker.tenant_id, transformed([F1], [lot(DUMPLING, "P2")], minutes=130))
    await do_outbox()
    assert "being recalled" not in text_of(await visit(maker, OTHER_PATH, accept_language="en"))
    await desk.act(EXTEND, {"caseId": announced["id"], "reason": "More of it was made"}, "RECALLED")
    await do_outbox()
    assert "This lot is being recalled" in text_of(await visit(maker, OTHER_PATH, accept_language="en"))
    assert "Recalled lots P1 , P2 " in text_of(await visit(maker, PRODUCT, accept_language="en"))


async def test_pages_that_are_written_anew_keep_it(
    visit: Visit, services: Services, maker: Firm, announced: dict[str, Any], do_outbox: DoOutbox
) -> None:
    event = made([f"https://id.gs1.org{UNIT_PATH}"], minutes=3_100, action="OBSERVE", bizStep="inspecting")
    await capture(services, maker.tenant_id, event)
    await do_outbox()
    await capture(services, maker.tenant_id, declared_wrong(event))
    await do_outbox()
    assert "being recalled" in text_of(await visit(maker, LOT_PATH, accept_language="en"))
    # And of a product that was hidden meanwhile.
    await put(services, maker, ())
    await do_outbox()
    assert "being recalled" in text_of(await visit(maker, LOT_PATH, accept_language="en"))


async def test_after_its_end_the_page_doesnt_go_back_to_fine(
    visit: Visit, services: Services, maker: Firm, announced: dict[str, Any], do_outbox: DoOutbox
) -> None:
    async with services.database.tenant(maker.tenant_id) as tx:
        # As closing leaves it; what closing itself asks for is told in tests/recalls.
        await tx.execute("update recall_case set state = 5, closed_at = now() where tenant_id = $1")
        case_id = await tx.fetchval("select case_id from recall_case where tenant_id = $1")
        await enqueue(tx, "recall.closed", [{"case_id": str(case_id), "drill": False, "at": clock.isoformat(clock.now())}])
    await do_outbox()
    told = text_of(await visit(maker, LOT_PATH, accept_language="en"))
    assert "This lot was recalled" in told
    assert "The recall has ended. Still, don’t eat or use what was recalled" in told
    assert "No notices" not in told
    ld = (await visit(maker, LOT_PATH, accept="application/ld+json")).json()["subjectOf"][0]
    assert (ld["creativeWorkStatus"], "expires" in ld) == ("Closed", True)


async def test_a_publication_in_pages_ends_like_one_in_a_piece(
    services: Services, maker: Firm, desk: Desk, do_outbox: DoOutbox, monkeypatch: pytest.MonkeyPatch, visit: Visit
) -> None:
    monkeypatch.setattr(recall_publisher, "GOODS_AT_ONCE", 1)
    await capture(services, maker.tenant_id, *(transformed([F1], [lot(DUMPLING, f"Q{number:02}")], minutes=200 + number) for number in range(15)))
    case = await desk.announce(await desk.decide(await opened(desk)))
    await do_outbox()
    told = await visit(maker, PRODUCT, accept_language="en")
    assert "Recalled lots P1 , Q00 , Q01 , Q02 , Q03 , Q04 , Q05 , Q06 , Q07 , Q08 , Q09 , Q10 and 4 more lots" in text_of(told)
    for path in (LOT_PATH, f"/01/{DUMPLING}/10/Q14"):
        assert "This lot is being recalled" in text_of(await visit(maker, path, accept_language="en"))
    progress = await desk.signer.caller.ask(PROGRESS, {"id": case["id"]})
    assert (progress["recallPublication"]["lots"], progress["recallPublication"]["products"]) == (18, 3)
    assert progress["recallPublication"]["finishedAt"] is not None


async def test_doing_it_twice_changes_nothing(services: Services, maker: Firm, announced: dict[str, Any], do_outbox: DoOutbox) -> None:
    before = await page_rows(services, maker)
    async with services.database.tenant(maker.tenant_id) as tx:
        case_id = str(await tx.fetchval("select case_id from recall_case where tenant_id = $1"))
        await enqueue(tx, "recall.announced", [{"case_id": case_id, "drill": False, "version": 1}] * 2)
        await enqueue(tx, recall_publisher.GOODS, [{"case_id": case_id, "version": 1, "after": 0}])
    await do_outbox()
    assert await page_rows(services, maker) == before


PROGRESS = "query($id: ID!) { recallPublication(caseId: $id) { version startedAt finishedAt products lots units watching told waiting failed } }"


async def test_who_may_not_read_recalls_isnt_told_how_far_it_is(
    maker: Firm, announced: dict[str, Any], caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    caller = await caller_of(maker, Role.WORKER)
    refusal = await caller.refusal(PROGRESS, {"id": announced["id"]})
    assert (refusal["code"], str(Permission.RECALLS_READ) in refusal["message"]) == ("PERMISSION_DENIED", True)


async def test_a_unit_that_is_recalled_alone_leaves_its_lot_partly_recalled(
    visit: Visit, services: Services, maker: Firm, desk: Desk, do_outbox: DoOutbox
) -> None:
    await desk.announce(await desk.decide(await opened(desk, f"https://id.gs1.org{UNIT_PATH}")))
    await do_outbox()
    assert "This item is being recalled" in text_of(await visit(maker, UNIT_PATH, accept_language="en"))
    assert "Some items of this lot are being recalled" in text_of(await visit(maker, LOT_PATH, accept_language="en"))
    other = await published(services, maker, f"01/{DUMPLING}/21/S2")
    assert other is not None
    assert other.recalls == ()
    assert "recalled:" not in text_of(await visit(maker, f"/01/{DUMPLING}/21/S2", accept_language="en"))


@pytest.mark.parametrize(
    ("known", "told", "expected"),
    [
        (None, (True, False), (True, False)), ((True, False), (False, False), (False, False)), ((False, False), (True, False), (False, False)),
        ((False, True), (True, False), (True, False)), ((True, False), (False, True), (True, False)),
    ],
)  # fmt: skip
def test_the_whole_beats_a_part_and_certain_beats_possible(
    known: tuple[bool, bool] | None, told: tuple[bool, bool], expected: tuple[bool, bool]
) -> None:
    def goods(possible: bool, partly: bool) -> Goods:
        return Goods(1, "k", 1, "g", "n", possible, partly)

    merged = merge(goods(*known) if known else None, goods(*told))
    assert (merged.possible, merged.partly) == expected


def test_the_worker_follows_each_act_that_consumers_are_told_of(services: Services) -> None:
    assert {recall_publisher.GOODS, recall_publisher.PUBLISHED, telling.TELL} <= handlers(services).keys()
