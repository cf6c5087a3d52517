"""What a client can learn before it asks, and which versions it may ask for (EPCIS 2.0 §12.1)."""

import httpx
import pytest
from litestar import Litestar
from lxml import etree

from tenants.http import declared_routes
from tests.epcis.asking import Asking, Bearer, asking, eventlist
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm


@pytest.fixture
async def reader(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> Asking:
    """Of a firm with one event."""
    reader = await asking(client, bearer, firm)
    await reader.capture(flour=made([], [quantity(lot(FLOUR, "F1"), 5)]))
    return reader


async def test_every_route_tells_what_it_takes_and_what_is_spoken(client: httpx.AsyncClient, app: Litestar) -> None:
    methods: dict[str, set[str]] = {}
    for path, method, _ in declared_routes(app):
        if path.startswith("/epcis") and method != "WEBSOCKET":
            methods.setdefault(path, set()).add(method)
    assert len(methods) > 15
    for path, expected in methods.items():
        answer = await client.options(path.replace("{job_id:str}", "x").replace("{event_id:path}", "x").replace("{rest:path}", "x"))
        assert (answer.status_code, answer.content) == (204, b""), path
        assert set(answer.headers["Allow"].split(", ")) == expected | {"OPTIONS"}, path
        told = {name: answer.headers[f"GS1-{name}"] for name in ("EPCIS-Version", "EPCIS-Min", "EPCIS-Max", "CBV-Version", "CBV-Min", "CBV-Max")}
        assert list(told.values()) == ["2.0.0", "1.2.0", "2.0.0", "2.0.0", "1.2.0", "2.0.0"]
        assert answer.headers["GS1-Vendor-Version"].startswith("suyuan ")
        assert answer.headers["GS1-Extensions"] == "suyuan=https://ns.suyuan.example/epcis/"
        assert (answer.headers["GS1-EPC-Format"], answer.headers["GS1-CBV-XML-Format"]) == ("No_Preference", "No_Preference")
        assert (answer.headers["GS1-EPCIS-Capture-Limit"], answer.headers["GS1-EPCIS-Capture-File-Size-Limit"]) == ("2000", "10000000")
        assert answer.headers.get("GS1-Capture-Error-Behaviour") == ("all" if path.startswith("/epcis/capture") else None)


# header=value of a request, what is accepted, and the answer's status with its version
ASKED = [
    ("GS1-EPCIS-Min=2.0", "application/json", 200, "2.0.0"),
    ("GS1-EPCIS-Min=2.0.1", "application/json", 406, ""),
    ("GS1-EPCIS-Min=3", "*/*", 406, ""),
    ("GS1-EPCIS-Max=2", "application/json", 200, "2.0.0"),
    ("GS1-EPCIS-Max=2.1.7", "application/json", 200, "2.0.0"),
    ("GS1-EPCIS-Max=1.2", "application/json", 406, ""),
    ("GS1-EPCIS-Max=1.2", "application/xml", 200, "1.2.0"),
    ("GS1-EPCIS-Max=1.2", "application/json, application/xml;q=0.5", 200, "1.2.0"),
    ("GS1-EPCIS-Max=1.2", "*/*", 200, "1.2.0"),
    ("GS1-EPCIS-Max=1.1", "application/xml", 406, ""),
    ("GS1-EPCIS-Min=1.2|GS1-EPCIS-Max=2.0", "application/xml", 200, "2.0.0"),
    ("GS1-EPCIS-Min=1.3|GS1-EPCIS-Max=1.9", "application/xml", 406, ""),
    ("GS1-EPCIS-Min=2.0|GS1-EPCIS-Max=1.2", "application/xml", 406, ""),
    ("GS1-CBV-Max=1.2", "application/xml", 200, "1.2.0"),
    ("GS1-CBV-Max=1.2", "application/json", 406, ""),
    ("GS1-CBV-Min=2.0|GS1-EPCIS-Max=1.2", "application/xml", 406, ""),
    ("GS1-CBV-Max=1.1", "application/xml", 406, ""),
    ("GS1-EPCIS-Version=2.0", "application/json", 200, "2.0.0"),
    ("GS1-EPCIS-Version=1.2.0", "application/json", 200, "2.0.0"),
    ("GS1-EPCIS-Version=3.0", "application/json", 406, ""),
    ("GS1-CBV-Version=9", "application/json", 406, ""),
    ("GS1-EPCIS-Max=new", "application/json", 400, ""),
    ("GS1-CBV-Min=", "application/json", 400, ""),
    ("GS1-EPCIS-Min=" + "9" * 400, "application/json", 400, ""),
    ("GS1-CBV-XML-Format=Always_URN", "application/xml", 200, "2.0.0"),
    ("GS1-CBV-XML-Format=Always_Web_URI", "application/xml", 200, "2.0.0"),
    ("GS1-CBV-XML-Format=Always_Web_URI|GS1-EPCIS-Max=1.2", "application/xml", 406, ""),
    ("GS1-CBV-XML-Format=Sometimes", "application/xml", 400, ""),
]


async def test_a_version_that_fits_is_told_and_none_that_does_not(reader: Asking) -> None:
    for given, accept, status, version in ASKED:
        headers = dict(header.split("=") for header in given.split("|"))
        for path in ("/epcis/events", "/epcis/eventTypes/ObjectEvent/events", f"/epcis/events/{next(iter(reader.names))}"):
            answer = await reader.get(path, {**headers, "Accept": accept})
            assert answer.status_code == status, (given, accept, answer.text)
            if status == 200:
                assert answer.headers["GS1-EPCIS-Version"] == version, (given, accept)
            else:
                kind = "NotAcceptableException" if status == 406 else "ValidationException"
                assert answer.json()["type"] == f"epcisException:{kind}"
                assert answer.json()["field"].startswith("GS1-"), answer.text


async def test_lists_come_in_the_version_that_has_them(reader: Asking) -> None:
    for path in ("/epcis", "/epcis/bizSteps", "/epcis/bizSteps/shipping"):
        assert (await reader.get(path, {"GS1-EPCIS-Max": "2.0"})).status_code == 200
        assert (await reader.get(path, {"GS1-EPCIS-Max": "1.2"})).status_code == 406


async def test_a_document_in_a_version_that_nobody_speaks_is_not_taken(reader: Asking) -> None:
    answer = await reader.client.post("/epcis/capture", json={}, headers={**reader.headers, "GS1-EPCIS-Version": "3.0.0"})
    assert answer.status_code == 406


@pytest.mark.parametrize(("form", "step"), [
    ("Always_URN", "urn:epcglobal:cbv:bizstep:commissioning"), ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-commissioning"),
])  # fmt: skip
async def test_words_in_xml_come_in_the_form_that_is_asked_for(reader: Asking, form: str, step: str) -> None:
    answer = await reader.get("/epcis/events", {"Accept": "application/xml", "GS1-CBV-XML-Format": form})
    assert [element.text for element in etree.fromstring(answer.content).iter("bizStep")] == [step]


@pytest.mark.parametrize(
    "extensions", ["nonsense", "ex=", "=https://x.example/", "a:b=https://x.example/", "ex=no uri", ",".join(["a=urn:x:y"] * 60)]
)
async def test_extensions_that_are_no_namespaces_are_refused(reader: Asking, extensions: str) -> None:
    answer = await reader.get("/epcis/events", {"GS1-Extensions": extensions})
    if extensions.startswith("a=urn"):
        assert eventlist(answer)
    else:
        assert (answer.status_code, answer.json()["field"]) == (400, "GS1-Extensions")
