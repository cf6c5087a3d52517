"""Contacts and plans are kept, answers are told to our staff; what doesn't fit is refused, and whoever may not is turned away."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from backend.recall_notices import content as contents
from backend.recall_notices import rules, service
from backend.recall_notices.content import Content, Delivered, Lot
from backend.recall_notices.errors import MoreThanReceivedError
from backend.recall_notices.kinds import NoticeKind, NoticeState
from backend.recall_notices.rules import Act, Plan, Said
from infra.errors import InvalidInputError
from tenants.permissions import Role
from tests.factories import CUSTOMER
from tests.graphql.conftest import Caller
from tests.recall_notices.conftest import Office
from tests.recall_notices.operations import CONTACTS, PLAN, PUT_CONTACT, RECORD, REMOVE_CONTACT, SET_PLAN

CONTACT = {"party": CUSTOMER, "name": "Ms Buyer", "email": "buyer@example.com"}


async def test_contacts_are_entered_changed_and_removed(office: Office) -> None:
    first = await office.contact(role="QUALITY", phone="+86 21 1234")
    await office.contact(email="second@example.com", language="zh")
    changed = await office.act(PUT_CONTACT, {**CONTACT, "id": first, "email": "", "phone": "110", "language": "zh", "role": "LOGISTICS"})
    assert (changed["contact"]["phone"], changed["contact"]["role"], changed["contact"]["partner"]["name"]) == ("110", "LOGISTICS", "客户")
    listed = (await office.caller.ask(CONTACTS, {"party": CUSTOMER}))["recallContacts"]["nodes"]
    assert [(one["email"], one["language"]) for one in listed] == [("second@example.com", "zh"), ("", "zh")]
    await office.act(REMOVE_CONTACT, {"contactId": first})
    assert len((await office.caller.ask(CONTACTS, {}))["recallContacts"]["nodes"]) == 1
    assert await office.refused(REMOVE_CONTACT, {"contactId": first}) == ("RECALL_CONTACT_NOT_FOUND", "contactId")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"email": "nobody"}, "email"), ({"email": "a@b.cd\r\nBcc: x@y.zz"}, "email"), ({"email": ""}, "email"), ({"phone": "call me"}, "phone"),
     ({"language": "fr"}, "language"), ({"name": " "}, "name"), ({"name": "x" * 101}, "name")],
)  # fmt: skip
async def test_a_contact_that_cannot_be_is_refused(office: Office, wrong: dict[str, str], field: str) -> None:
    assert (await office.refused(PUT_CONTACT, {**CONTACT, **wrong}))[1] == field
    assert await office.count("recall_contact") == 0


async def test_a_partner_has_a_bounded_number_of_contacts(office: Office) -> None:
    for number in range(20):
        await office.contact(email=f"a{number}@example.com")
    assert await office.refused(PUT_CONTACT, CONTACT) == ("TOO_MANY_RECALL_CONTACTS", "party")


async def test_a_plan_counts_for_a_case_or_for_all(office: Office) -> None:
    case = await office.announce()
    usual = (await office.caller.ask(PLAN, {}))["recallNoticePlan"]
    assert (usual["own"], usual["acknowledgeReminderHours"], usual["answerHours"]) == (False, [4, 24, 48], 72)
    await office.act(SET_PLAN, {"answerHours": 48, "acknowledgeReminderHours": [8, 2, 8], "team": "role:quality_manager"})
    of_case = (await office.caller.ask(PLAN, {"id": case["id"]}))["recallNoticePlan"]
    assert (of_case["own"], of_case["acknowledgeReminderHours"], of_case["answerHours"]) == (False, [2, 8], 48)
    own = await office.act(SET_PLAN, {"caseId": case["id"], "answerHours": 12, "reportReminderHours": []})
    assert (own["plan"]["own"], own["plan"]["answerHours"], own["plan"]["reportReminderHours"]) == (True, 12, [])
    for wrong, field in (
        ({"answerHours": 0}, "answerHours"), ({"acknowledgeReminderHours": [1] * 11}, "acknowledgeReminderHours"),
        ({"reportReminderHours": [-1]}, "reportReminderHours"), ({"team": "role:nobody"}, "team"), ({"caseId": "eA"}, "caseId"),
    ):  # fmt: skip
        assert (await office.refused(SET_PLAN, wrong))[1] == field, wrong


async def test_what_a_customer_tells_us_on_the_telephone_is_written_down(office: Office) -> None:
    await office.announce()
    await office.work()
    notice = await office.notice_to()
    when = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    told = {"noticeId": notice["id"], "source": "PHONE", "saidBy": "Mr Wu", "saidAt": when}
    found = (await office.act(RECORD, told))["notice"]
    assert (found["state"], found["acknowledgedBy"], found["acknowledgedThrough"]) == ("ACKNOWLEDGED", "Mr Wu", "PHONE")
    lines = [{"line": 1, "destroyed": "20", "note": "burnt, record 7"}]
    found = (await office.act(RECORD, {**told, "lines": lines}))["notice"]
    answer = found["lots"]["nodes"][0]["answer"]
    assert (found["state"], answer["destroyed"], answer["saidBy"], answer["recordedByUs"]) == ("REPORTED", "20", "Mr Wu", True)
    for wrong, field in (
        ({"source": "LINK"}, "source"), ({"saidAt": "2099-01-01T00:00:00Z"}, "saidAt"), ({"lines": [{"line": 2, "found": "1"}]}, "lines"),
        ({"lines": [{"line": 1, "found": "1"}] * 2}, "lines"), ({"lines": [{"line": 1}]}, "lines.1"), ({"saidBy": ""}, "saidBy"),
        ({"lines": [{"line": 1, "found": "1", "nothing": True}]}, "lines.1"), ({"lines": [{"line": 1, "found": "-1"}]}, "lines.1"),
        ({"noticeId": "eA"}, "noticeId"),
    ):  # fmt: skip
        assert (await office.refused(RECORD, {**told, **wrong}))[1] == field, wrong
    assert await office.count("recall_answer") == 1


async def test_who_may_only_read_changes_nothing(office: Office, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    reader = await caller_of(office.firm, Role.AUDITOR)
    assert (await reader.refusal(PUT_CONTACT, {"input": CONTACT}))["code"] == "PERMISSION_DENIED"
    assert (await reader.ask(CONTACTS, {}))["recallContacts"]["nodes"] == []
    keeper = await caller_of(office.firm, Role.WAREHOUSE_KEEPER)
    assert (await keeper.refusal(CONTACTS, {}))["code"] == "PERMISSION_DENIED"


async def test_a_letter_says_what_the_mail_says(office: Office) -> None:
    await office.announce()
    await office.work()
    async with office.services.database.tenant(office.firm.tenant_id) as tx:
        [notice] = [one for one in await service.notices_of(tx, office.case_id) if one.party == CUSTOMER]
        letter = await service.letter_of(tx, notice.notice_id, public_url="https://suyuan.example", language="en")
    assert (letter.heading, letter.customer, letter.instructions) == ("Recall notice", "Customer", "Stop selling and return")
    assert letter.link.startswith("https://suyuan.example/recall/syr_")
    assert letter.link.endswith("?lang=en")
    assert [name for name, _ in letter.facts] == ["Recall number", "Reason", "Hazard"]


def test_a_supplement_tells_what_is_new() -> None:
    first, second = Delivered("s1", quantity="5", uom="KGM"), Delivered("s2", quantity="3", uom="KGM")
    told = Content("R-1", "x", lots=(Lot(1, "k1", quantity="5", uom="KGM", deliveries=(first,)),))
    more = Lot(0, "k1", quantity="8", uom="KGM", deliveries=(first, second))
    [added] = contents.added([more, Lot(0, "k1", quantity="5", uom="KGM", deliveries=(first,))][:1], [told])
    assert (added.quantity, added.deliveries) == ("3", (second,))
    assert contents.added([Lot(0, "k1", quantity="5", uom="KGM", deliveries=(first,))], [told]) == []
    assert contents.added([Lot(0, "k2", quantity="1")], [told]) == [Lot(0, "k2", quantity="1")]
    unknown = Lot(0, "k1", quantity="8", uom="KGM", deliveries=(first, Delivered("s3")))
    assert contents.added([unknown], [told])[0].quantity == "3"
    many = Lot(0, "k", deliveries=tuple(Delivered(f"s{number}") for number in range(30)))
    (kept,), left_out = contents.numbered([many])
    assert (kept.line, len(kept.deliveries), kept.more_deliveries, left_out) == (1, 20, 10, 0)
    assert contents.added([many], [Content("R-1", "x", lots=(kept,))]) == []


def test_steps_of_a_plan_and_who_is_still_to_be_reminded() -> None:
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    steps = rules.steps_of(Plan(answer_hours=9, acknowledge=(1, 5), report=(6,), escalate_hours=5), NoticeKind.FIRST)
    assert [step.name for step in steps] == ["acknowledge-1", "acknowledge-5", "silence", "report-6", "unreported"]
    assert rules.steps_of(Plan(), NoticeKind.END) == []
    assert [step.name for step in rules.due_steps(steps, 1, begun, begun + timedelta(hours=5))] == ["acknowledge-5", "silence"]
    assert rules.next_look(steps, 3, begun) == begun + timedelta(hours=6)
    assert rules.next_look(steps, 5, begun) is None
    due = {
        (step.act, state) for step in steps for state in NoticeState
        if rules.still_due(step, state, acknowledged=state in (NoticeState.ACKNOWLEDGED, NoticeState.REPORTED))
    }  # fmt: skip
    assert (Act.REMIND_REPORT, NoticeState.ACKNOWLEDGED) in due
    assert (Act.ESCALATE_SILENCE, NoticeState.NO_ADDRESS) in due
    assert not {state for _, state in due} & {NoticeState.REPORTED, NoticeState.WOULD_SEND}
    assert (Act.REMIND_ACKNOWLEDGE, NoticeState.QUEUED) not in due


def test_what_is_said_of_a_lot_is_held_against_what_was_delivered() -> None:
    lot = Lot(1, "k", quantity="2", uom="KGM")
    assert rules.checked(Said(1, found=Decimal(2_000), uom="GRM"), lot).found == 2
    with pytest.raises(MoreThanReceivedError):
        rules.checked(Said(1, found=Decimal(1), returned=Decimal("1.001")), lot)
    assert rules.checked(Said(1, found=Decimal(3), confirmed=True), lot).over
    assert not rules.checked(Said(1, found=Decimal(3)), Lot(1, "k", uom="KGM")).over
    for wrong in (Said(1), Said(1, found=Decimal("NaN")), Said(1, found=Decimal("Infinity")), Said(1, found=Decimal(1), uom="MTR")):
        with pytest.raises(InvalidInputError):
            rules.checked(wrong, lot)
