"""Codes over HTTP: any text read and explained, labels built, and what is refused."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lxml.etree import fromstring

from tenants.permissions import Role
from tests.factories import DUMPLING
from tests.firms import Firm
from tests.graphql.conftest import DUMPLING_LOT, Caller

READ = """
query($text: String!, $length: Int) { readCode(text: $text, companyPrefixLength: $length) {
  form symbology kind key uri urn digitalLink compressedLink elementString bracketed hri parameters
  elements { ai title dataTitle value meaning { kind date endDate time number uom currency latitude longitude } }
  faults { code message mend position ai } object { key code } product { name }
} }
"""
BUILD = """
query($code: CodeInput!) { buildCode(code: $code) {
  elementString scanData bracketed hri digitalLink compressedLink qrSvg dataMatrixSvg gs1128Svg faults { code message mend position ai }
} }
"""
BUILD_MANY = "query($codes: [CodeInput!]!) { buildCodes(codes: $codes) { digitalLink qrSvg(compressed: true) faults { code } } }"
KEY = f"01/{DUMPLING}/10/D-1"


async def read(caller: Caller, text: str, **headers: str) -> dict[str, Any]:
    """What readCode answers."""
    found: dict[str, Any] = (await caller.ask(READ, {"text": text}, **headers))["readCode"]
    return found


async def test_every_form_names_the_same_lot_and_whether_it_is_known(works: Firm, owner: Caller) -> None:
    link = (await read(owner, f"(01){DUMPLING}(10)D-1"))["compressedLink"]
    forms = {
        f"(01){DUMPLING}(10)D-1": "BRACKETED",
        f"\uff0801\uff09{DUMPLING}\uff0810\uff09D-1": "BRACKETED",
        f"]d201{DUMPLING}10D-1": "SCAN_DATA",
        f"]Q1https://brand.example/de/gtin/{DUMPLING}/lot/D-1": "SCAN_DATA",
        f"01{DUMPLING}10D-1": "ELEMENT_STRING",
        f"https://brand.example/p/01/{DUMPLING}/10/D-1?linkType=all": "DIGITAL_LINK",
        f"HTTPS://ID.GS1.ORG/01/{DUMPLING}/10/D-1": "DIGITAL_LINK",
        f"id.gs1.org/01/{DUMPLING}/10/D-1": "DIGITAL_LINK",
        link: "COMPRESSED_DIGITAL_LINK",
        "urn:epc:class:lgtin:950600013.0433.D-1": "EPC_URN",
        "URN:EPC:CLASS:LGTIN:950600013.0433.D-1": "EPC_URN",
    }
    answers = {text: await read(owner, text, Accept_Language="en") for text in forms}
    assert {text: (found["form"], found["key"]) for text, found in answers.items()} == {text: (form, KEY) for text, form in forms.items()}
    for found in answers.values():
        assert (found["kind"], found["uri"], found["bracketed"]) == ("LOT", DUMPLING_LOT, f"(01){DUMPLING}(10)D-1")
        assert (found["object"], found["product"], found["faults"]) == ({"key": KEY, "code": "D-1"}, {"name": "Dumplings"}, [])
        assert found["digitalLink"].endswith(f"/{KEY}")
        assert found["elementString"] == f"^01{DUMPLING}10D-1"


async def test_titles_are_in_the_readers_language_and_values_have_their_meaning(works: Firm, owner: Caller) -> None:
    text = f"(01){DUMPLING}(10)D-9(17)270200(3103)001750(3932)1561999(7003)2702281530(7007)260901260930(30)12"
    chinese, english = await read(owner, text), await read(owner, text, Accept_Language="en")
    assert [each["title"] for each in chinese["elements"]][:3] == ["商品代码（GTIN）", "批号", "有效期至"]
    assert [each["title"] for each in english["elements"]][:3] == ["Product (GTIN)", "Batch or lot", "Expiry date"]
    assert [each["dataTitle"] for each in english["elements"]][:2] == ["GTIN", "BATCH/LOT"]
    meanings = {each["ai"]: {name: value for name, value in each["meaning"].items() if value is not None} for each in english["elements"]}
    assert meanings == {
        "01": {"kind": "TEXT"},
        "10": {"kind": "TEXT"},
        "17": {"kind": "DATE", "date": "2027-02-28"},
        "3103": {"kind": "MEASURE", "number": "1.75", "uom": "KGM"},
        "3932": {"kind": "AMOUNT", "number": "19.99", "currency": "CNY"},
        "7003": {"kind": "MOMENT", "time": "2027-02-28T15:30:00"},
        "7007": {"kind": "PERIOD", "date": "2026-09-01", "endDate": "2026-09-30"},
        "30": {"kind": "COUNT", "number": "12"},
    }
    assert english["hri"][2] == "(17) 270200"
    assert english["object"] is None


async def test_percent_coordinates_and_temperatures_have_their_meaning(owner: Caller) -> None:
    meanings: dict[str, dict[str, Any]] = {}
    for text in ("(255)950600013400012345(3941)0125", "(00)095060001300000019(4309)12161234563014737650(4331)001850-"):
        meanings |= {each["ai"]: each["meaning"] for each in (await read(owner, text))["elements"]}
    assert (meanings["3941"]["kind"], meanings["3941"]["number"]) == ("PERCENTAGE", "12.5")
    assert (meanings["4309"]["latitude"], meanings["4309"]["longitude"]) == ("31.6123456", "-58.526235")
    assert (meanings["4331"]["number"], meanings["4331"]["uom"]) == ("-18.5", "CEL")


async def test_a_urn_is_written_where_the_company_prefix_is_known(owner: Caller) -> None:
    found = (await owner.ask(READ, {"text": f"(01){DUMPLING}(10)D-1", "length": 9}))["readCode"]
    assert found["urn"] == "urn:epc:class:lgtin:950600013.0433.D-1"
    assert (await read(owner, f"(01){DUMPLING}(10)D-1"))["urn"] is None
    refusal = await owner.refusal(READ, {"text": "x", "length": 13})
    assert refusal["field"] == "companyPrefixLength"


@pytest.mark.parametrize(
    ("text", "code", "position", "ai"),
    [
        (f"(01){DUMPLING[:-1]}9(10)A", "INCORRECT_CHECK_DIGIT", 1, "01"),
        (f"(01){DUMPLING}(17)271301", "ILLEGAL_MONTH", 19, "17"),
        (f"https://a.example/01/{DUMPLING}?17=271301", "ILLEGAL_MONTH", 36, "17"),
        (f"(01){DUMPLING}(10)A\u00e9", "INVALID_CSET82_CHARACTER", 19, "10"),
        ("(02)09506000134338", "MISSING_AI", 1, "02"),
        (f"(01){DUMPLING}(37)5", "EXCLUDED_AI", 1, "01"),
        ("https://id.gs1.org/CxFKk4XB0MpZye", "INVALID_IDENTIFIER", None, None),
        ("4006381333930", "INCORRECT_CHECK_DIGIT", None, "01"),
        ("x" * 9_000, "TOO_LONG", None, None),
    ],
)
async def test_a_fault_says_what_where_and_how_to_mend_it(owner: Caller, text: str, code: str, position: int | None, ai: str | None) -> None:
    faults = (await read(owner, text))["faults"]
    assert (faults[0]["code"], faults[0]["position"], faults[0]["ai"]) == (code, position, ai)
    assert all(fault["mend"] and len(fault["message"]) <= 501 for fault in faults)


@pytest.mark.parametrize(("text", "gtin"), [("4006381333931", "04006381333931"), ("96385074", "00000096385074"), ("04252614", "00042100005264")])
async def test_bare_digits_under_a_barcode_are_a_gtin_or_a_upc_e(owner: Caller, text: str, gtin: str) -> None:
    found = await read(owner, text)
    assert (found["form"], found["key"], found["faults"]) == ("NUMBER", f"01/{gtin}", [])


@pytest.mark.parametrize("text", ["(10)\ud800", "\ud800", "(01)\u202e\x01", "https://a.example/01/\ud800", "]d2\ud800", "(10)A\x00", "^10\u0000"])
async def test_what_no_text_should_hold_is_answered(owner: Caller, text: str) -> None:
    answer = await owner.client.post(
        "/graphql", content=json.dumps({"query": READ, "variables": {"text": text}}), headers={**owner.headers, "Content-Type": "application/json"}
    )
    assert answer.status_code < 500
    assert "INTERNAL" not in answer.text
    assert not any(mark in answer.text for mark in ("\u202e", "\ud800"))


async def test_a_bare_lot_number_finds_its_object(works: Firm, owner: Caller) -> None:
    found = await read(owner, "D-1")
    assert (found["form"], found["key"], found["object"]) == ("OTHER", None, {"key": KEY, "code": "D-1"})


async def test_a_label_is_built_in_every_form(firm: Firm, owner: Caller) -> None:
    elements = [{"ai": "01", "value": DUMPLING}, {"ai": "10", "value": "A/1"}, {"ai": "21", "value": "7"}]
    built = (await owner.ask(BUILD, {"code": {"elements": elements}}))["buildCode"]
    assert (built["elementString"], built["scanData"]) == (f"^01{DUMPLING}10A/1^217", f"01{DUMPLING}10A/1\x1d217")
    assert (built["bracketed"], built["hri"]) == (f"(01){DUMPLING}(10)A/1(21)7", [f"(01) {DUMPLING}", "(10) A/1", "(21) 7"])
    assert built["digitalLink"].endswith(f"/01/{DUMPLING}/10/A%2F1/21/7")
    assert f"://{firm.slug}." in built["digitalLink"]
    for link in (built["digitalLink"], built["compressedLink"]):
        assert (await read(owner, link))["bracketed"] == built["bracketed"]
    for picture in ("qrSvg", "dataMatrixSvg", "gs1128Svg"):
        assert fromstring(built[picture]).tag == "{http://www.w3.org/2000/svg}svg"
    assert built["faults"] == []


async def test_all_faults_of_a_label_are_told_at_once(owner: Caller) -> None:
    elements = [{"ai": "01", "value": "09506000134339"}, {"ai": "17", "value": "271399"}, {"ai": "x", "value": "1"}, {"ai": "10", "value": ""}]
    built = (await owner.ask(BUILD, {"code": {"elements": elements}}))["buildCode"]
    told = [(fault["code"], fault["position"], fault["ai"]) for fault in built["faults"]]
    assert told == [("INCORRECT_CHECK_DIGIT", 1, "01"), ("ILLEGAL_MONTH", 2, "17"), ("UNKNOWN_AI", 3, None), ("NO_VALUE", 4, "10")]
    assert (built["elementString"], built["qrSvg"], built["hri"]) == (None, None, [])


async def test_a_label_is_built_from_any_text(owner: Caller) -> None:
    built = (await owner.ask(BUILD, {"code": {"text": "urn:epc:id:sgtin:950600013.0433.S-1"}}))["buildCode"]
    assert built["bracketed"] == f"(01){DUMPLING}(21)S-1"
    nothing: list[dict[str, Any]] = [{}, {"text": "D-1"}, {"elements": []}]
    for code in nothing:
        assert [fault["code"] for fault in (await owner.ask(BUILD, {"code": code}))["buildCode"]["faults"]]


async def test_elements_that_may_not_stand_together_are_not_printed(owner: Caller) -> None:
    built = (await owner.ask(BUILD, {"code": {"text": "(01)09506000134338(37)5"}}))["buildCode"]
    assert ([fault["code"] for fault in built["faults"]][:1], built["gs1128Svg"]) == (["EXCLUDED_AI"], None)


async def test_a_sheet_of_labels_is_built_in_order_and_no_more_than_a_hundred(owner: Caller) -> None:
    codes = [{"text": f"(01){DUMPLING}(21){number}"} for number in range(100)]
    built = (await owner.ask(BUILD_MANY, {"codes": codes}))["buildCodes"]
    assert [each["digitalLink"].rpartition("/")[2] for each in built] == [str(number) for number in range(100)]
    assert all(each["qrSvg"] for each in built)
    assert (await owner.refusal(BUILD_MANY, {"codes": [*codes, codes[0]]}))["field"] == "codes"


async def test_who_may_read_nothing_reads_and_builds_nothing(firm: Firm, caller_of: Callable[..., Awaitable[Caller]], anonymous: Caller) -> None:
    partner = await caller_of(firm, Role.PARTNER)
    assert (await partner.refusal(READ, {"text": "x"}))["code"] == "PERMISSION_DENIED"
    assert (await partner.refusal(BUILD, {"code": {"text": "x"}}))["code"] == "PERMISSION_DENIED"
    assert (await anonymous.refusal(READ, {"text": "x"}))["code"] == "NOT_AUTHENTICATED"


async def test_another_firms_object_is_not_known(works: Firm, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    stranger = await caller_of(other_firm)
    found = await read(stranger, DUMPLING_LOT)
    assert (found["key"], found["object"], found["product"]) == (KEY, None, None)
