"""A maker of dumplings whose lot has gone through everything that a dossier tells, and the making of its papers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.documents.kinds import DocumentKind, Subject
from backend.documents.running import DocumentMaking
from backend.documents.service import MAKE, Document
from backend.services import Services
from infra import clock
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants.principal import Principal
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, PLANT, capture, lot, made, packed, quantity, shipped, sscc, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.history.stories import LINE, put, temperatures
from tests.inspections.conftest import CONCLUDE, OPEN, RECORD, released
from tests.outbox import do_outbox

__all__ = ["anonymous", "caller_of", "owner"]
P1 = lot(DUMPLING, "P1")
MILL = "https://id.gs1.org/417/9506000134031"
RECEIVED: dict[str, Any] = {"action": "OBSERVE", "bizStep": "receiving", "sourceList": [{"type": "owning_party", "source": MILL}]}
LEAD: dict[str, Any] = {
    "code": "LEAD", "name": "铅 Lead", "kind": "NUMBER", "severity": "CRITICAL", "unit": "NA", "upper": {"value": "0.2"}, "method": "GB 5009.12",
}  # fmt: skip
WEIGHT: dict[str, Any] = {
    "code": "WEIGHT", "name": "净含量 Net weight", "kind": "NUMBER", "unit": "GRM", "lower": {"value": "495"}, "upper": {"value": "515"},
    "samples": 3,
}  # fmt: skip
LOOK: dict[str, Any] = {"code": "LOOK", "name": "外观 Appearance", "kind": "PASS_FAIL", "severity": "MINOR"}
PUT_INSTRUMENT = """mutation($input: PutInstrumentInput!) { putInstrument(input: $input) { instrument { id } userErrors { field code message } } }"""
CALIBRATE = """mutation($input: RecordCalibrationInput!) { recordCalibration(input: $input) { userErrors { field code message } } }"""


def story() -> list[dict[str, Any]]:
    """Flour and meat become dough and dumplings; two of three lots are packed and shipped."""
    here: dict[str, Any] = {"readPoint": {"id": LINE}, "bizLocation": {"id": LINE}}
    return [
        made(amounts=[quantity(lot(FLOUR, "F1"), 100), quantity(lot(FLOUR, "F2"), 80)], minutes=-600, **RECEIVED),
        made(amounts=[quantity(lot(MEAT, "M1"), 50)], minutes=-590, **RECEIVED),
        transformed([lot(FLOUR, "F1"), lot(FLOUR, "F2")], [lot(DOUGH, "D1")], minutes=0, **here),
        transformed(
            [lot(DOUGH, "D1"), lot(MEAT, "M1")], [P1], minutes=60, amount=400, sensorElementList=temperatures(62.08, 98.57, 91),
            **{
                "@context": [{"plant": "https://suwei.example/ns#", "cbvmda": "urn:epcglobal:cbv:mda:"}], "plant:operator": "王芳",
                "plant:machine": "Steamer 2", **here,
            },
            ilmd={"cbvmda:lotNumber": "P1", "cbvmda:itemExpirationDate": "2027-03-02", "plant:productionDate": "2026-03-02"},
        ),
        packed(sscc(1), amounts=[quantity(P1, 120, None)], minutes=90, bizLocation={"id": PLANT}),
        made(amounts=[quantity(P1, 2, None)], minutes=70, action="OBSERVE", bizStep="inspecting", disposition="conformant",
             bizLocation={"id": PLANT}, sensorElementList=temperatures(83.4)),
        shipped([sscc(1)], minutes=600), shipped([], [quantity(P1, 80, None)], minutes=900),
    ]  # fmt: skip


@dataclass
class Press:
    """Has papers made, and fetches them."""

    services: Services
    firm: Firm

    async def ask(self, kind: DocumentKind, reference: str, *, language: str = "en", principal: Principal | None = None) -> UUID:
        who = principal or self.firm.principal
        found: UUID = await self.services.in_tenant(
            self.firm.tenant_id, lambda tx: self.services.documents.ask(tx, who, Subject(kind, reference), language=language)
        )
        return found

    async def made(self, kind: DocumentKind, reference: str, *, language: str = "en", principal: Principal | None = None) -> tuple[Document, bytes]:
        """The document and its file; fails where it wasn't made."""
        document_id = await self.ask(kind, reference, language=language, principal=principal)
        making = DocumentMaking(self.services.database, self.services.storage, self.services.documents.makers)
        await do_outbox(self.services, {MAKE: making}, left=(), seconds=120)
        who = principal or self.firm.principal
        document: Document = await self.services.in_tenant(self.firm.tenant_id, lambda tx: self.services.documents.get(tx, who, document_id))
        assert document.failure is None, document.failure
        assert document.storage_key is not None
        storage = TenantStorage(self.services.storage, TenantPrefix(self.firm.tenant.public_id))
        return document, await storage.get(document.storage_key, limit=20_000_000)


@pytest.fixture
async def plant(services: Services, firm: Firm, owner: Caller) -> Firm:
    """The story, told."""
    await put(services, firm)
    await capture(services, firm.tenant_id, *story())
    return firm


@pytest.fixture
def press(services: Services, plant: Firm) -> Press:
    return Press(services, plant)


@pytest.fixture
def inspect(plant: Firm, owner: Caller) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Inspect the lot: `await inspect(LEAD="0.05", …)`; `conclude` says whether it is concluded."""
    known: list[str] = []

    async def act(*, conclude: bool = True, instrument: str | None = None, photo: str | None = None, **values: str) -> dict[str, Any]:
        if not known:
            known.append(await released(owner, "DUMPLINGS", [LEAD, WEIGHT, LOOK], scope={"product": DUMPLING}))
        opened = await owner.command(OPEN, {"kind": "FINAL", "key": "P1"})
        assert opened["userErrors"] == [], opened
        results: list[dict[str, Any]] = []
        for code, text in values.items():
            for number, value in enumerate(text.split(), start=1):
                given = {"characteristic": code, "value": value, "sample": number}
                given |= {"instrumentId": instrument} if instrument and code == "WEIGHT" else {}
                results.append(given | ({"photoIds": [photo]} if photo and code == "LOOK" else {}))
        recorded = await owner.command(RECORD, {"inspectionId": opened["inspection"]["id"], "results": results})
        assert recorded["userErrors"] == [], recorded
        if conclude:
            done = await owner.command(CONCLUDE, {"inspectionId": opened["inspection"]["id"]})
            assert done["userErrors"] == [], done
        return dict(opened["inspection"])

    return act


GOOD = {"LEAD": "<0.02", "WEIGHT": "501 503.5 502", "LOOK": "OK"}


@pytest.fixture
async def scale(plant: Firm, owner: Caller) -> str:
    """An instrument that is calibrated."""
    put_it = await owner.command(PUT_INSTRUMENT, {"identifier": "SCALE-7", "serial": "A123", "kind": "Scale", "uom": "GRM", "intervalDays": 365})
    assert put_it["userErrors"] == [], put_it
    instrument: str = put_it["instrument"]["id"]
    at = (clock.now() - timedelta(days=3)).isoformat()
    given = {
        "instrumentId": instrument, "performedAt": at, "performedBy": "Metrology", "asFound": "IN_TOLERANCE", "asLeft": "IN_TOLERANCE",
        "certificate": "CAL-1",
    }  # fmt: skip
    done = await owner.command(CALIBRATE, given)
    assert done["userErrors"] == [], done
    return instrument


def kept(name: str, pdf: bytes) -> None:
    """Where somebody wants to look at what was printed, it is kept."""
    import os

    folder = os.environ.get("SUYUAN_KEEP_PDF")
    if folder:
        (Path(folder) / f"{name}.pdf").write_bytes(pdf)
