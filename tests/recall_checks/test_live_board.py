"""The board of a recall through GraphQL: it follows captures and answers, and names what doesn't add up."""

from typing import Any
from uuid import UUID

from backend.graphql.ids import parse_global_id
from backend.recall_checks import points, service
from backend.recall_checks.watching import Watch
from backend.services import Services
from tenants.permissions import Role
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, capture, declared_wrong, made, packed, quantity, shipped, sscc
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.test_batches import statements
from tests.recall_checks.telling import BOARD, announced, answered, came_back, destroyed, opened, plain
from tests.recall_scope.story import F1, OTHER, P1, P2

__all__ = ["statements"]


def uuid_in(case: str) -> UUID:
    parsed = parse_global_id(case)
    assert parsed is not None
    return UUID(parsed[1])


async def board(owner: Caller, case: str) -> dict[str, Any]:
    found: dict[str, Any] = (await owner.ask(BOARD, {"case": case}))["recallBoard"]
    return found


def adds_up(row: dict[str, Any]) -> bool:
    names = ("recovered", "destroyed", "sold", "held", "used", "unknown")
    return float(row["shipped"]) == sum(float(row[name]) for name in names)


async def test_after_the_announcement_everything_shipped_is_unknown(owner: Caller, case: str) -> None:
    found = await board(owner, case)
    [total] = found["totals"]
    assert (found["version"], found["partial"], found["discrepancyCount"]) == (1, False, 0)
    assert (total["uom"], total["shipped"], total["unknown"], total["recoveryRate"]) == ("KGM", "45", "45", "0")
    assert [(row["party"], row["gtin"], row["shipped"]) for row in found["rows"]["nodes"]] == [(CUSTOMER, DUMPLING, "20"), (OTHER, DUMPLING, "25")]
    assert [(row["gtin"], row["shipped"]) for row in found["customers"]["nodes"]] == [(None, "20"), (None, "25")]
    assert [(row["party"], row["gtin"], row["shipped"]) for row in found["products"]["nodes"]] == [(None, DUMPLING, "45")]


async def test_our_own_part_closes_to_the_gram(owner: Caller, case: str) -> None:
    own = {row["gtin"]: row for row in (await board(owner, case))["own"]["nodes"]}
    assert own.keys() == {FLOUR, DOUGH, DUMPLING}
    flour, dough, dumplings = own[FLOUR], own[DOUGH], own[DUMPLING]
    assert (flour["produced"], flour["used"], flour["inStock"], flour["difference"], flour["reconciliation"]) == ("100", "70", "30", "0", "100")
    assert (dough["lots"], dough["produced"], dough["used"], dough["inStock"]) == (2, "70", "60", "10")
    assert (dumplings["produced"], dumplings["shipped"], dumplings["inStock"], dumplings["difference"]) == ("60", "45", "15", "0")


async def test_returns_and_destruction_are_proved_by_our_own_events(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    await capture(services, baker.tenant_id, came_back(P1, 12, CUSTOMER), destroyed(P1, 10), destroyed(P2, 5, place=OTHER))
    found = await board(owner, case)
    [total] = found["totals"]
    assert (total["recoveredProved"], total["recoveredReported"], total["destroyed"], total["unknown"]) == ("12", "0", "5", "28")
    assert (total["recoveryRate"], adds_up(total)) == ("37.77", True)
    dumplings = next(row for row in found["own"]["nodes"] if row["gtin"] == DUMPLING)
    assert (dumplings["returned"], dumplings["destroyed"], dumplings["inStock"], dumplings["difference"]) == ("12", "10", "17", "0")


async def test_what_customers_report_is_told_apart_from_what_is_proved(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    await answered(services, baker, uuid_in(case), OTHER, {"returned": 5, "destroyed": 10, "forwarded": 6, "found": 2})
    [total] = (await board(owner, case))["totals"]
    assert [total[name] for name in ("recoveredProved", "recoveredReported", "destroyed", "sold", "held", "unknown")] == [
        "0",
        "5",
        "10",
        "6",
        "2",
        "22",
    ]
    # Three of the five have arrived, and one of the two that he still had.
    await capture(services, baker.tenant_id, came_back(P2, 6, OTHER))
    [total] = (await board(owner, case))["totals"]
    assert [total[name] for name in ("recoveredProved", "recoveredReported", "held", "unknown")] == ["6", "0", "1", "22"]
    assert adds_up(total)


async def test_a_return_inside_of_a_pallet_counts(services: Services, firm: Firm, owner: Caller) -> None:
    made_of = [made(amounts=[quantity(P1, 40)], minutes=1), packed(sscc(5), amounts=[quantity(P1, 30)], minutes=2), shipped([sscc(5)], minutes=3)]
    back = made([sscc(5)], [], 9, action="OBSERVE", bizStep="receiving", disposition="returned",
                sourceList=[{"type": "owning_party", "source": CUSTOMER}])  # fmt: skip
    await capture(services, firm.tenant_id, *made_of)
    case_id = await opened(services, firm, P1)
    async with services.database.tenant(firm.tenant_id) as tx:
        before = await service.board(tx, case_id)
    await capture(services, firm.tenant_id, back)
    async with services.database.tenant(firm.tenant_id) as tx:
        after = await service.board(tx, case_id)
    assert plain(before.version, before.totals()[0].split.unknown) == (None, 30)
    assert plain(after.totals()[0].split.recovered_proved, after.totals()[0].split.unknown) == (30, 0)


async def test_what_does_not_add_up_is_named(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    pieces = came_back(P1, 3, CUSTOMER, 102, uom=None)
    await capture(services, baker.tenant_id, came_back(P1, 25, CUSTOMER), pieces, came_back(P2, 1, CUSTOMER, 103), destroyed(F1, 200))
    await answered(services, baker, uuid_in(case), OTHER, {"destroyed": 40, "confirmed": True})
    found = await board(owner, case)
    told = {(one["kind"], one["party"], one["object"]["code"], one["quantity"]) for one in found["discrepancies"]["nodes"]}
    assert ("RETURNED_MORE_THAN_SHIPPED", CUSTOMER, "P1", "5") in told
    assert ("UNITS_DO_NOT_COMPARE", CUSTOMER, "P1", "3") in told
    assert ("OVER_REPORTED", OTHER, "P2", "15") in told
    weight = next(row for row in found["totals"] if row["uom"] == "KGM")
    assert (adds_up(weight), weight["recovered"], weight["destroyed"]) == (True, "20", "25")


async def test_a_shipment_that_is_known_only_now_is_named(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    late = shipped([], [quantity(P1, 4)], minutes=60)
    await capture(services, baker.tenant_id, late)
    async with services.database.tenant(baker.tenant_id) as tx:
        from backend.recall_scope import watching

        await watching.look(tx, {"case_id": str(uuid_in(case))})
    found = await board(owner, case)
    assert found["totals"][0]["shipped"] == "45"
    assert [(one["kind"], one["party"], one["quantity"]) for one in found["discrepancies"]["nodes"]] == [("SHIPPED_OTHERWISE", CUSTOMER, "4")]


async def test_a_shipment_that_was_corrected_since_is_named(services: Services, baker: Firm, owner: Caller) -> None:
    wrong = shipped([], [quantity(P1, 4)], minutes=60)
    await capture(services, baker.tenant_id, wrong)
    case_id = await opened(services, baker)
    await announced(services, baker, case_id)
    await capture(services, baker.tenant_id, declared_wrong(wrong))
    async with services.database.tenant(baker.tenant_id) as tx:
        found = await service.board(tx, case_id)
    assert [plain(one.kind, one.party, one.quantity) for one in found.discrepancies] == [("shipped_otherwise", CUSTOMER, -4)]


async def test_a_listener_is_told_at_once_and_then_of_changes_alone(services: Services, baker: Firm, case: str) -> None:
    watch = Watch(uuid_in(case))

    async def listen() -> Any:
        watch.next_at = 0
        async with services.database.tenant(baker.tenant_id) as tx:
            return await watch.listen(tx)

    assert (await listen()) is not None
    assert await listen() is None
    await capture(services, baker.tenant_id, made(amounts=[quantity(F1.replace("F1", "F9"), 1)], minutes=200))
    assert await listen() is None
    await capture(services, baker.tenant_id, came_back(P1, 1, CUSTOMER))
    told = await listen()
    assert told.totals()[0].split.recovered == 1
    await answered(services, baker, uuid_in(case), OTHER, {"destroyed": 2})
    assert (await listen()).totals()[0].split.destroyed == 2


async def test_the_curve_has_a_point_for_each_change(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    payload = {"case_id": str(uuid_in(case)), "drill": False}

    async def look() -> list[dict[str, Any]]:
        await services.in_tenant(baker.tenant_id, lambda tx: points.begin(tx, payload))
        query = "query($case: ID!) { recallBoardHistory(caseId: $case) { at uom shipped recovered unknown recoveryRate } }"
        told: list[dict[str, Any]] = (await owner.ask(query, {"case": case}))["recallBoardHistory"]
        return told

    assert [(one["shipped"], one["recovered"]) for one in await look()] == [("45", "0")]
    assert len(await look()) == 1
    await capture(services, baker.tenant_id, came_back(P1, 9, CUSTOMER))
    assert [(one["recovered"], one["unknown"], one["recoveryRate"]) for one in await look()] == [("0", "45", "0"), ("9", "36", "20")]


async def test_a_case_that_is_not_there_and_a_role_that_may_not(owner: Caller, caller_of: Any, baker: Firm, case: str) -> None:
    nowhere = await owner.refusal(BOARD, {"case": "nothing"})
    assert nowhere["code"] == "RECALL_NOT_FOUND"
    worker = await caller_of(baker, Role.WORKER)
    assert (await worker.refusal(BOARD, {"case": case}))["code"] == "PERMISSION_DENIED"


async def test_many_lots_and_customers_take_no_more_statements_than_few(services: Services, firm: Firm, statements: list[str]) -> None:
    lots, parties = [P1.replace("P1", f"B{number}") for number in range(60)], [f"https://example.com/party/{number}" for number in range(40)]
    told = [made(amounts=[quantity(each, 100) for each in lots], minutes=0)]
    for number, party in enumerate(parties):
        to = [{"type": "owning_party", "destination": party}]
        told.append(shipped([], [quantity(each, 2) for each in lots[: 30 + number % 30]], minutes=number + 500, destinationList=to))
    await capture(services, firm.tenant_id, *told)
    few, many = await opened(services, firm, lots[0]), await opened(services, firm, *lots[:50])
    counts = []
    for case_id in (few, many):
        await announced(services, firm, case_id)
        statements.clear()
        async with services.database.tenant(firm.tenant_id) as tx:
            found = await service.board(tx, case_id)
        counts.append(len(statements))
        assert all(row.split.shipped == row.split.unknown for row in found.rows)
    parts = sum(min(50, 30 + number % 30) for number in range(40))
    assert (len(found.by_customer()), found.totals()[0].lots, sum(row.lots for row in found.own)) == (40, parts, 50)
    assert counts[0] == counts[1] < 20
