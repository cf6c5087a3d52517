"""A recall's documents from its announcement to the file in somebody's hands: in both languages, of a drill, with nothing, with refusals."""

import hashlib
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.documents.kinds import DocumentKind
from backend.recall_notices import service as notices
from backend.services import Services
from infra.ids import uuid7
from tenants.permissions import Role
from tests.firms import Firm
from tests.recall_documents.conftest import LISTED, MAKE, Outbox, Papers, reference_of
from tests.recalls.conftest import Desk
from tests.shapes.printed import characters, opened

KEPT = os.environ.get("SUYUAN_KEEP_DOCUMENTS")


def keep(name: str, content: bytes) -> None:
    """For who wants to look at them."""
    if KEPT:
        Path(KEPT, name).write_bytes(content)


def tagged(pdf: bytes) -> bool:
    """Whether it says that it is for readers who can't see it (ISO 14289-1 §5), with its structure and language."""
    plain = opened(pdf)
    return b"pdfuaid:part" in plain and b"/StructTreeRoot" in plain and b"/Lang" in plain


async def announced(desk: Desk, **more: Any) -> dict[str, Any]:
    return await desk.announce(await desk.decide(await desk.open(**more), countries=["CN", "US"]))


async def test_the_report_and_what_the_authorities_are_told_are_made_when_a_recall_is_announced(
    papers: Papers, desk: Desk, do_documents: Outbox
) -> None:
    case = await announced(desk)
    await do_documents()
    assert {each["state"] for each in await papers.listed(reference=reference_of(case))} == {"QUEUED"}
    await papers.hurry()
    found = await papers.listed(reference=reference_of(case))
    assert sorted((each["kind"], each["state"], each["language"]) for each in found) == [
        ("RECALL_REPORT", "READY", "zh-CN"), ("REGULATOR_NOTICE", "READY", "zh-CN"), ("REGULATOR_NOTICE", "READY", "zh-CN"),
    ]  # fmt: skip
    assert {each["requestedBy"] for each in found} == {""}
    authorities = sorted(parameter["value"] for each in found for parameter in each["parameters"])
    assert authorities == ["CN", "US"]
    for each in found:
        content = (await papers.client.get(each["path"], headers=papers.headers)).content
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
        keep(f"{each['kind']}-{'-'.join(p['value'] for p in each['parameters'])}-zh.pdf", content)
    await papers.hurry()
    assert len(await papers.listed(reference=reference_of(case))) == 3


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "召回报告一级附录确定"), ("en", "Recallreport")])
async def test_the_report_is_tagged_and_holds_the_goods(papers: Papers, desk: Desk, language: str, words: str) -> None:
    # Not announced: nothing is printed by itself beside it.
    case = await desk.open()
    told, content = await papers.made("RECALL_REPORT", reference_of(case), language)
    keep(f"report-{language}.pdf", content)
    assert content.startswith(b"%PDF-1.7")
    assert tagged(content)
    assert set(words) <= characters(content)
    assert (told["bytes"], told["pages"] > 3, told["rows"]) == (len(content), True, 2)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["generator"] == "Suyuan 0.1.0 recall-report 2"
    assert len(told["contentSha256"]) == 64
    assert b"affected.csv" in opened(content)
    assert b"F-BAD" in opened(content)


async def test_how_effective_a_recall_was_is_a_report_of_its_own(papers: Papers, desk: Desk) -> None:
    case = await desk.open()
    told, _ = await papers.made("EFFECTIVENESS_REPORT", reference_of(case))
    assert told["fileName"] == f"Recall effectiveness report {case['number']} {told['number']}.pdf"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_letter_tells_one_customers_own_part(papers: Papers, desk: Desk, services: Services, firm: Firm, language: str) -> None:
    case = await announced(desk)
    case_id = UUID(reference_of(case).partition(":")[2])
    # What is made by itself is another test's.
    told_of = "update outbox set done_at = now() where tenant_id = $1 and topic = 'recall.announced'"
    await services.in_tenant(firm.tenant_id, lambda tx: tx.execute(told_of))
    await services.in_tenant(firm.tenant_id, lambda tx: notices.queue(tx, case_id, 1))
    await papers.do_outbox()
    [notice] = await services.in_tenant(firm.tenant_id, lambda tx: notices.notices_of(tx, case_id))
    told, content = await papers.made("CUSTOMER_NOTICE", f"recall_notice:{notice.notice_id}", language)
    keep(f"letter-{language}.pdf", content)
    assert (told["pages"], told["rows"]) == (2, 1)
    assert tagged(content)


async def test_a_drills_documents_say_so_and_touch_nobody(papers: Papers, desk: Desk, do_documents: Outbox) -> None:
    case = await announced(desk, drill=True)
    await do_documents()
    await papers.hurry(DocumentKind.RECALL_REPORT)
    found = await papers.listed(reference=reference_of(case), kind="RECALL_REPORT")
    content = (await papers.client.get(found[0]["path"], headers=papers.headers)).content
    keep("report-drill.pdf", content)
    assert set("演练DRILL") <= characters(content)


async def test_what_isnt_there_what_is_anothers_and_what_makes_no_sense_is_refused(papers: Papers, desk: Desk) -> None:
    case = await desk.open()
    for reference in (f"recall:{uuid7()}", "recall:", "nonsense", case["id"]):
        payload = await papers.ask("RECALL_REPORT", reference)
        assert [error["code"] for error in payload["userErrors"]] == ["DOCUMENT_SUBJECT_NOT_FOUND"], reference
    for kind, language, parameters in (
        ("RECALL_REPORT", "fr", {}), ("REGULATOR_NOTICE", "en", {"authority": "Mars"}), ("RECALL_REPORT", "en", {"colour": "red"}),
    ):  # fmt: skip
        payload = await papers.ask(kind, reference_of(case), language, **parameters)
        assert [error["code"] for error in payload["userErrors"]] == ["INVALID_INPUT"], kind
    assert await papers.listed() == []


async def test_whoever_may_not_read_recalls_sees_none_of_their_documents(
    papers: Papers, desk: Desk, goods: Firm, caller_of: Any, client: httpx.AsyncClient
) -> None:
    case = await desk.open()
    told, _ = await papers.made("RECALL_REPORT", reference_of(case))
    worker = await caller_of(goods, Role.WORKER)
    assert (await worker.refusal(LISTED))["code"] == "PERMISSION_DENIED"
    assert (await client.get(told["path"], headers=worker.headers)).status_code == 403
    assert (await client.get(told["path"])).status_code == 401
    assert (await worker.refusal(MAKE, {"input": {"kind": "RECALL_REPORT", "reference": reference_of(case)}}))["code"] == "PERMISSION_DENIED"
    assert (await client.get(f"/documents/{uuid7()}", headers=papers.headers)).status_code == 404
