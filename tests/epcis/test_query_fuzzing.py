"""Whatever stands in a query, the answer is events or a refusal that names the parameter, and never a failure of ours."""

import random
from urllib.parse import quote

import httpx
import pytest

from backend.epcis.query import _PARAMETERS
from tests.epcis.asking import NAMESPACE, Bearer
from tests.epcis.test_query_parameters import ASKED, rich
from tests.firms import Firm
from tests.graphql.test_commands import document

VALUES = [
    "", " ", "x", "|", ",", "||,,", "%00", "%", "%25", "'", '"', "\\", "; select 1 --", "$1", "{}", "[]", "null", "NaN", "Infinity", "-1e309",
    "1e308",
    "1e-999", "9" * 70, "-0", "0x10", "1_000", "１２", "٣", "\u202e", "\ud7ff", "\ufffe", "🥟", "a" * 3_000, "urn:", "urn:epc:", "urn:epc:id:sgtin:",
    "urn:epc:idpat:sgtin:*", "urn:epc:idpat:sgtin:*.*.*", "urn:epc:idpat:sscc:9506000.*", "urn:epc:idpat:sgln:9506000.*.*",
    "urn:epc:idpat:grai:9506000.*.*", "urn:epc:idpat:cpi:9506000.A%2FB.*", "urn:epc:idpat:gid:1.2.*", "urn:epc:idpat:bic:*",
    "urn:epc:idpat:itip:*.*.*.*.*",
    "urn:epc:class:lgtin:9506000.*.*", "urn:epc:idpat:sgtin:9506000..*", "urn:epc:idpat:giai:950600.*", "https://id.gs1.org/01/1", "http://[", "https://",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-03-02", "0000-00-00", "true",
    "ASC",
    "eventTime", "recordTime", "ex:rank", f"{NAMESPACE}rank", "ILMD_ex:x", "INNER_ex:", ":", "ex:", "1", "2147483648", "9223372036854775808",
]  # fmt: skip
NAMES = [
    *_PARAMETERS, "perPage", "nextPageToken", "EQ_", "_", "EQ_ex:a", f"GE_{NAMESPACE}a", f"EXISTS_{NAMESPACE}a", f"EQ_INNER_ILMD_{NAMESPACE}a",
    "EQ_bizTransaction_", "EQ_source_:", "EQ_destination_urn:x:y", "GE_value_", "GE_value_CEL", "GT_sDev_FAH", "LE_percRank", "EQ_quantity_KGM",
    "EQ_SENSORREPORT_urn:x:y", "HASATTR_", "EQ_\x00", "EQ_http://", "EQ_:", "EQ_::", "EQ_ILMD_urn:#", "EQ_" + "urn:x:" + "y" * 3_000,
]  # fmt: skip


@pytest.fixture
async def headers(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> dict[str, str]:
    given = await bearer(firm)
    body = document(*rich().values())
    body["@context"] = [*body["@context"], {"ex": NAMESPACE}]
    assert (await client.post("/epcis/capture", json=body, headers=given)).json()["success"]
    return {**given, "GS1-Extensions": f"ex={NAMESPACE}"}


async def _answered(client: httpx.AsyncClient, headers: dict[str, str], query: str, path: str = "/epcis/events") -> None:
    answer = await client.get(f"{path}?{query}", headers=headers)
    assert answer.status_code in (200, 400, 413), (query, answer.status_code, answer.text)
    if answer.status_code == 400:
        assert answer.json()["type"] == "epcisException:QueryParameterException", (query, answer.text)
        assert answer.json()["field"] in [name[:80] for name in httpx.QueryParams(query)] or "eventCountLimit" in query, (query, answer.text)


async def test_every_parameter_takes_or_refuses_every_value(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    chance = random.Random(17)
    for name in NAMES:
        for value in chance.sample(VALUES, 6):
            await _answered(client, headers, f"{quote(name)}={quote(value)}")


async def test_parameters_in_any_company_are_answered(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    chance = random.Random(29)
    for _ in range(120):
        parts = []
        for _ in range(chance.randint(2, 7)):
            name, _, value = chance.choice(ASKED)[0].partition("=")
            if chance.random() < 0.3:
                name, value = chance.choice([*_PARAMETERS]), chance.choice(VALUES)
            parts.append(f"{quote(name)}={quote(value)}")
        await _answered(client, headers, "&".join(parts), chance.choice(["/epcis/events", "/epcis/bizSteps/packing/events"]))


async def test_every_address_below_a_resource_is_there_or_not(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    chance = random.Random(31)
    for name in ("eventTypes", "epcs", "bizSteps", "dispositions", "bizLocations", "readPoints", "events"):
        for value in chance.sample(VALUES, 15):
            for end in ("", chance.choice(("/events", "/events/x", "//events"))):
                answer = await client.get(f"/epcis/{name}/{quote(value, safe='')}{end}", headers=headers)
                assert answer.status_code in (200, 400, 404), (name, value, answer.text)
