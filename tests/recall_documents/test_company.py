"""What the company tells of itself, and where letters and notices say it."""

from collections.abc import Awaitable, Callable

import pytest

from backend.recall_documents.letter import letter_of
from backend.recall_documents.regulator import regulator_notice_of
from tenants.permissions import Role
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.recall_documents.conftest import Papers, reference_of
from tests.recall_documents.samples import facts, letter
from tests.recall_documents.test_layout import PENS, empty
from tests.recalls.conftest import Desk
from tests.shapes.printed import characters

PROFILE = "legalName address legalRepresentative registrationNumber phone email"
SET = f"""mutation($input: SetCompanyProfileInput!) {{ setCompanyProfile(input: $input) {{
  profile {{ {PROFILE} changedAt }} userErrors {{ code field message }} }} }}"""
READ = f"{{ companyProfile {{ {PROFILE} changedAt }} }}"
TOLD = {
    "legalName": "鑫垚淼粮油有限公司", "address": "衢州市 柯城区 8 号", "legalRepresentative": "璩翮", "registrationNumber": "91330800MA0N000000",
    "phone": "+86 570 0000 000", "email": "office@xinyaomiao.example",
}  # fmt: skip


async def test_it_is_told_as_a_whole_and_only_by_who_keeps_the_catalogue(
    owner: Caller, goods: Firm, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    nothing = (await owner.ask(READ))["companyProfile"]
    assert set(nothing.values()) == {"", None}
    payload = await owner.command(SET, {**TOLD, "legalName": f" {TOLD['legalName']} "})
    assert payload["userErrors"] == []
    auditor = await caller_of(goods, Role.AUDITOR)
    read = (await auditor.ask(READ))["companyProfile"]
    assert (read.pop("changedAt") is not None, read) == (True, TOLD)
    assert (await auditor.refusal(SET, {"input": {}}))["code"] == "PERMISSION_DENIED"
    for field, text in (("email", "nobody"), ("address", "x" * 301), ("legalName", "a\u202eb"), ("phone", "1\n2")):
        [error] = (await owner.command(SET, {**TOLD, field: text}))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", field), field
    assert (await owner.ask(READ))["companyProfile"]["legalName"] == TOLD["legalName"]
    taken = await owner.command(SET, {"legalName": "X"})
    assert (taken["profile"]["legalName"], taken["profile"]["address"]) == ("X", "")


async def test_letters_and_notices_say_it(papers: Papers, desk: Desk, owner: Caller) -> None:
    await owner.command(SET, TOLD)
    case = await desk.open()
    for kind, given in (("REGULATOR_NOTICE", {"authority": "CN"}), ("RECALL_REPORT", {})):
        _, content = await papers.made(kind, reference_of(case), "zh-CN", **given)
        assert set("鑫垚淼衢璩翮") <= characters(content), kind


@pytest.mark.parametrize("language", PENS)
def test_what_isnt_told_is_to_be_added_by_hand(language: str) -> None:
    pen, told = PENS[language], facts(language)
    address, person = pen.pick("住所", "Registered address"), pen.pick("法定代表人", "Legal representative")
    known = regulator_notice_of(told, pen, "CN").body
    assert told.firm.address in known
    assert told.firm.representative in known
    unknown = regulator_notice_of(empty(told), pen, "CN").body
    assert address in unknown
    assert person in unknown
    assert told.firm.address not in unknown
    assert told.firm.address in letter_of(letter(language), pen).body
