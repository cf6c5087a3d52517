"""A lot's dossier, its certificate of analysis and an 8D report: what stands in them, whom they are refused, and what a site limits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend.documents.errors import DocumentSubjectNotFoundError
from backend.documents.kinds import DocumentKind
from backend.dossiers import logistics
from backend.dossiers.errors import CertificateRefusedError, NotALotError
from backend.holds import service as holds
from backend.objects.errors import ObjectNotFoundError
from backend.services import Services
from infra import clock
from infra.ids import uuid7
from tenants.permissions import Permission, Role
from tests.capa.operations import ADD_ITEM, OPEN, PLAN, WRITE
from tests.dossiers.conftest import GOOD, P1, Press, kept
from tests.factories import SHOP, capture, made, quantity, sscc
from tests.graphql.conftest import Caller
from tests.history.stories import exclusively
from tests.photos.pictures import with_metadata
from tests.photos.test_photos import check, upload
from tests.shapes.printed import characters, opened

Inspect = Callable[..., Awaitable[dict[str, Any]]]
DOSSIER, CERTIFICATE, EIGHT_D = DocumentKind.LOT_DOSSIER, DocumentKind.CERTIFICATE_OF_ANALYSIS, DocumentKind.EIGHT_D_REPORT


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_dossier_tells_all_of_a_lot(
    press: Press, inspect: Inspect, scale: str, services: Services, owner: Caller, language: str
) -> None:  # fmt: skip
    firm = press.firm
    await services.storage.ensure_bucket()
    photo = await upload(owner, with_metadata())
    await check(services, firm, photo)
    await inspect(**GOOD, instrument=scale, photo=photo)
    await exclusively(services, firm, lambda tx: holds.place_hold(tx, firm.principal, key="P1", reason="glass found"))
    document, pdf = await press.made(DOSSIER, P1, language=language)
    kept(f"dossier-{language}", pdf)
    assert pdf.startswith(b"%PDF-")
    assert (document.file_name, document.content_type, document.pages) == ("dossier-P1.pdf", "application/pdf", document.pages)
    assert (document.pages or 0) >= 4
    assert b"/StructTreeRoot" in opened(pdf)
    assert b"/DCTDecode" in pdf  # the thumbnail, as it is stored
    assert set("猪肉水饺批次档案" if language == "zh-CN" else "Lot dossier Pork dumplings") <= characters(pdf) | {" "}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_certificate_says_what_was_found_by_what(press: Press, inspect: Inspect, scale: str, language: str) -> None:
    await inspect(**GOOD, instrument=scale)
    document, pdf = await press.made(CERTIFICATE, "P1", language=language)
    kept(f"certificate-{language}", pdf)
    assert document.file_name == "CoA-P1.pdf"
    assert set("SCALE-7 GB 5009.12 <0.02 mg/kg") <= characters(pdf) | {" "}


async def refused(press: Press, reference: str = "P1") -> str:
    with pytest.raises(CertificateRefusedError) as refusal:
        await press.ask(CERTIFICATE, reference)
    return refusal.value.message


async def test_a_certificate_is_refused_while_anything_stands_against_it(press: Press, inspect: Inspect, services: Services) -> None:
    assert "never inspected" in await refused(press)
    await inspect(conclude=False, LEAD="0.05")
    assert "results are missing" in await refused(press)


async def test_rejected_and_held_goods_get_no_certificate(press: Press, inspect: Inspect, services: Services) -> None:
    await inspect(**GOOD)
    firm = press.firm
    await exclusively(services, firm, lambda tx: holds.place_hold(tx, firm.principal, key="F1", reason="glass found"))
    assert "on hold" in await refused(press)
    # And what was asked for before is not made any more.
    assert not await services.in_tenant(firm.tenant_id, lambda tx: tx.fetch("select 1 from document where tenant_id = $1"))


async def test_a_rejected_lot_gets_no_certificate(press: Press, inspect: Inspect) -> None:
    await inspect(**{**GOOD, "LEAD": "0.9"})
    assert "ended rejected" in await refused(press)


async def test_what_isnt_there_or_is_no_lot_has_no_papers(press: Press) -> None:
    for kind in (DOSSIER, CERTIFICATE):
        with pytest.raises(ObjectNotFoundError):
            await press.ask(kind, "https://id.gs1.org/01/09506000134338/10/NONE")
        with pytest.raises(NotALotError):
            await press.ask(kind, sscc(1))
    for reference in ("nonsense", f"corrective_action:{uuid7()}", f"nonconformance:{uuid7()}"):
        with pytest.raises(DocumentSubjectNotFoundError):
            await press.ask(EIGHT_D, reference)


async def test_a_long_list_of_events_travels_in_the_file(press: Press, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistics, "EVENTS_PRINTED", 3)
    monkeypatch.setattr(logistics, "EVENTS_ATTACHED", 6)
    monkeypatch.setattr(logistics, "_PAGE", 2)
    looks = [made(amounts=[quantity(P1, 1, None)], minutes=2_000 + number, action="OBSERVE", bizStep="inspecting") for number in range(5)]
    await capture(services, press.firm.tenant_id, *looks)
    document, pdf = await press.made(DOSSIER, P1)
    assert document.notes == ("9 events, of which the first 3 are printed; the first 6 stand in the attached table events-P1.csv.",)
    assert b"event_time,record_time,event_id" in opened(pdf)


async def test_who_is_limited_to_a_site_gets_what_a_trace_shows_him_there(press: Press, inspect: Inspect) -> None:
    await inspect(**GOOD)
    limits = {permission: frozenset({SHOP}) for permission in (Permission.TRACE_READ, Permission.QUALITY_READ, Permission.HOLDS_READ)}
    elsewhere = replace(press.firm.as_role(Role.QC_INSPECTOR), sites=limits)
    with pytest.raises(ObjectNotFoundError):
        await press.ask(DOSSIER, P1, principal=elsewhere)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_an_8d_report_has_all_disciplines_with_who_and_when(press: Press, owner: Caller, language: str) -> None:
    due = (clock.now() + timedelta(days=7)).isoformat()
    given = {"kind": "CORRECTIVE", "title": "碎玻璃混入面粉 Glass in flour", "dueAt": due}
    action = (await owner.command(OPEN, given))["correctiveAction"]
    texts: list[dict[str, Any]] = [
        {"discipline": "TEAM", "text": "Quality, production, purchasing", "team": ["王芳", "Li Wei"], "done": True},
        {"discipline": "PROBLEM", "text": "On 2 March splinters were found in lot F1.\nTwo sacks of forty were affected.", "done": True},
        {"discipline": "CONTAINMENT", "text": "All of F1 was put on hold.", "done": True},
        {
            "discipline": "ROOT_CAUSE", "text": "A sight glass of the sifter broke.", "whys": ["The glass broke", "It was not tempered"],
            "causes": [{"category": "MACHINE", "text": "Sight glass without a guard", "root": True}],
        },
    ]  # fmt: skip
    for text in texts:
        done = await owner.command(WRITE, {"correctiveActionId": action["id"], **text})
        assert done["userErrors"] == [], done
    item = {"correctiveActionId": action["id"], "discipline": "CHOSEN_ACTIONS", "text": "Replace it by steel", "dueAt": due}
    assert (await owner.command(ADD_ITEM, item))["userErrors"] == []
    plan = {"correctiveActionId": action["id"], "at": due, "criterion": "No glass in 90 days"}
    assert (await owner.command(PLAN, plan))["userErrors"] == []
    async with press.services.database.tenant(press.firm.tenant_id) as tx:
        action_id = await tx.fetchval("select corrective_action_id from corrective_action where tenant_id = $1")
    document, pdf = await press.made(EIGHT_D, f"corrective_action:{action_id}", language=language)
    kept(f"8d-{language}", pdf)
    assert document.file_name == f"8D-{action['number']}.pdf"
    assert set("碎玻璃混入面粉 Replace it by steel") <= characters(pdf) | {" "}
