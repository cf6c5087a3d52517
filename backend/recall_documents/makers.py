"""The makers of a recall's documents: who may ask for which, what it is about, and how it is made."""

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from backend.documents.digests import digest_of
from backend.documents.errors import DocumentInputError, DocumentSubjectNotFoundError
from backend.documents.kinds import DocumentKind, Subject, title_of
from backend.documents.stamp import stamped
from backend.documents.work import Made, Work
from backend.graphql.ids import parse_uuid
from backend.recall_documents import gathering, letters, report
from backend.recall_documents.attached import attached
from backend.recall_documents.drawing import Drawn, draw
from backend.recall_documents.facts import Facts
from backend.recall_documents.letter import letter_of
from backend.recall_documents.parts import Pen
from backend.recall_documents.regulator import AUTHORITIES, regulator_notice_of
from backend.recall_documents.report import report_of
from backend.recall_documents.sections import MOST_GOODS
from backend.recall_notices import service as notices
from backend.recall_notices.errors import RecallNoticeNotFoundError
from backend.recalls import query_service as recalls
from backend.recalls.errors import UnknownRecallError
from infra.database import TenantTransaction
from infra.printing.shell import PrintedDocument
from tenants.permissions import Permission
from tenants.principal import Principal

PDF: Final = "application/pdf"
CASE: Final = "recall:"
NOTICE: Final = "recall_notice:"
AUTHORITY: Final = "authority"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def case_in(reference: str) -> UUID:
    """The case of a reference. Raises `DocumentSubjectNotFoundError` for what can't be one."""
    found = parse_uuid(reference.removeprefix(CASE)) if reference.startswith(CASE) else None
    if found is None:
        raise DocumentSubjectNotFoundError
    return found


def notice_in(reference: str) -> UUID:
    """The notice of a reference. Raises `DocumentSubjectNotFoundError` for what can't be one."""
    found = parse_uuid(reference.removeprefix(NOTICE)) if reference.startswith(NOTICE) else None
    if found is None:
        raise DocumentSubjectNotFoundError
    return found


async def _check_case(tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
    principal.require_everywhere(Permission.RECALLS_READ)
    try:
        await recalls.case_by_id(tx, case_in(subject.reference))
    except UnknownRecallError as unknown:
        raise DocumentSubjectNotFoundError from unknown


def _check_parameters(subject: Subject, *known: str) -> None:
    for name in subject.parameters:
        if name not in known:
            told = f"takes {', '.join(known)}" if known else "takes no parameters"
            raise DocumentInputError(f"{title_of(subject.kind, 'en')} {told}; there is no “{name[:40]}”.", field="parameters")


def _file_name(work: Work, number: str, *, ending: str = "pdf") -> str:
    return f"{title_of(work.subject.kind, work.language)} {number} {work.number}.{ending}"


@dataclass(frozen=True, slots=True)
class RecallReport:
    """The report of a recall, or that of its effectiveness: `reference` "recall:0190…"."""

    kind: DocumentKind = DocumentKind.RECALL_REPORT
    permission: Permission = Permission.RECALLS_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Raises `DocumentSubjectNotFoundError`, `DocumentInputError`."""
        _check_parameters(subject)
        await _check_case(tx, principal, subject)

    async def make(self, work: Work) -> Made:
        """Raises what stops the work."""
        pen = Pen(work.language, work.time_zone)
        found = gathering.Gathering(work, case_in(work.subject.reference), pen)
        facts, drawn = await found.facts(), Drawn()
        if self.kind is DocumentKind.RECALL_REPORT:
            await work.progress(4, gathering.STEPS, pen.pick("绘制谱系图", "Drawing the genealogy"))
            drawn = await draw(work, facts, found.reader, pen)
        await work.progress(5, gathering.STEPS, pen.pick("排版", "Printing"))
        generator = work.made_by("recall-report", report.VERSION)
        digest, document = await asyncio.to_thread(self._written, work, facts, pen, drawn, generator)
        return Made(
            document,
            PDF,
            _file_name(work, facts.case.number),
            rows=len(facts.goods),
            content_sha256=digest,
            generator=generator,
            notes=_notes(facts, pen),
        )

    def _written(self, work: Work, facts: Facts, pen: Pen, drawn: Drawn, generator: str) -> tuple[str, PrintedDocument]:
        """Tens of milliseconds for a large scope, in which others would wait."""
        digest = digest_of(facts)
        document = report_of(facts, pen, self.kind, drawn.pictures, letters=drawn.letters, without=drawn.without)
        if self.kind is DocumentKind.RECALL_REPORT:
            document = replace(document, attachments=(attached(facts, pen),))
        return digest, stamped(work, document, digest=digest, generator=generator, drill=facts.case.drill)


def _notes(facts: Facts, pen: Pen) -> tuple[str, ...]:
    notes = []
    if facts.counts.affected > MOST_GOODS:
        told = f"{MOST_GOODS:,} / {facts.counts.affected:,}"
        notes.append(
            pen.pick(f"打印 {told} 个受影响对象，其余见所附表格。", f"{told} affected objects are printed; the others stand in the attached table.")
        )
    if facts.counts.affected > len(facts.goods):
        told = f"{len(facts.goods):,} / {facts.counts.affected:,}"
        notes.append(
            pen.pick(f"所附表格含 {told} 个对象；全部可导出为 EPCIS。", f"The attached table holds {told} objects; all can be exported as EPCIS.")
        )
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class RegulatorNotice:
    """What an authority asks for: `reference` "recall:0190…", parameter `authority` a country ("CN", "US"); else the case's first country."""

    kind: DocumentKind = DocumentKind.REGULATOR_NOTICE
    permission: Permission = Permission.RECALLS_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Raises `DocumentSubjectNotFoundError`, `DocumentInputError`."""
        _check_parameters(subject, AUTHORITY)
        asked = subject.parameters.get(AUTHORITY)
        if asked is not None and not _COUNTRY.fullmatch(asked):
            raise DocumentInputError(f"“{asked[:40]}” is no country: give its two letters, such as CN or US.", field="parameters")
        await _check_case(tx, principal, subject)

    async def make(self, work: Work) -> Made:
        """Raises what stops the work."""
        pen = Pen(work.language, work.time_zone)
        facts = await gathering.Gathering(work, case_in(work.subject.reference), pen).facts()
        await work.progress(5, gathering.STEPS, pen.pick("排版", "Printing"))
        countries = facts.case.countries
        first = next((country for country in countries if country in AUTHORITIES), countries[0] if countries else "US")
        authority = work.subject.parameters.get(AUTHORITY) or first
        generator, digest = work.made_by("recall-submission", report.VERSION), digest_of([authority, facts])
        document = replace(regulator_notice_of(facts, pen, authority), attachments=(attached(facts, pen),))
        document = stamped(work, document, digest=digest, generator=generator, drill=facts.case.drill)
        name = _file_name(work, f"{facts.case.number} {authority}")
        return Made(document, PDF, name, rows=len(facts.goods), content_sha256=digest, generator=generator, notes=_notes(facts, pen))


@dataclass(frozen=True, slots=True)
class CustomerNotice:
    """The letter of a notice to one customer: `reference` "recall_notice:0190…". It has a link of its own, unless it belongs to a drill."""

    public_url: str
    kind: DocumentKind = DocumentKind.CUSTOMER_NOTICE
    permission: Permission = Permission.RECALLS_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Raises `DocumentSubjectNotFoundError`, `DocumentInputError`."""
        _check_parameters(subject)
        principal.require_everywhere(Permission.RECALLS_READ)
        try:
            await notices.notice_by_id(tx, notice_in(subject.reference))
        except RecallNoticeNotFoundError as unknown:
            raise DocumentSubjectNotFoundError from unknown

    async def make(self, work: Work) -> Made:
        """Raises what stops the work."""
        pen = Pen(work.language, work.time_zone)
        await work.progress(1, 2, pen.pick("读取通知", "Reading the notice"))
        facts = await letters.facts_of(work, notice_in(work.subject.reference), pen, public_url=self.public_url)
        generator = work.made_by("recall-letter", report.VERSION)
        # The link is another one in each letter, and nobody's to compare.
        digest = digest_of(replace(facts, link=""))
        document = stamped(work, letter_of(facts, pen), digest=digest, generator=generator, drill=facts.drill)
        return Made(document, PDF, _file_name(work, facts.number), rows=len(facts.lots), content_sha256=digest, generator=generator)
