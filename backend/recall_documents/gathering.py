"""Gathers what a recall's documents tell from the features that know it: a transaction for each part, names in the document's language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from backend.capa import query_service as improvement
from backend.company import service as companies
from backend.documents.work import Work
from backend.genealogy.rules import Certainty
from backend.nonconformance import query_service as nonconformances
from backend.recall_checks import service as checking
from backend.recall_checks.facts import Row
from backend.recall_documents import scope_facts
from backend.recall_documents.facts import ActLine, Case, Checks, ClockLine, Facts, FateLine, Firm, NoticeLine, Signed
from backend.recall_documents.parts import Pen
from backend.recall_notices import service as noticing
from backend.recall_notices.content import told as told_in
from backend.recalls import query_service as recalls
from backend.recalls.kinds import ActKind
from backend.recalls.query_service import Clock, RecallCase
from backend.shapes.names import Names, Reader, look_up
from infra.database import TenantTransaction
from tenants.signatures import service as signing

MOST_ACTS: Final = 400
# What the service writes by itself for each customer would bury what people decided; notices and clocks have tables of their own.
_BURYING: Final = frozenset(
    {ActKind.NOTICE_QUEUED, ActKind.NOTICE_SENT, ActKind.REMINDED, ActKind.CLOCK_STARTED, ActKind.CLOCK_WARNED, ActKind.DOCUMENT_MADE}
)
_MOST_SIGNATURES: Final = 50
STEPS: Final = 6


async def firm_of(tx: TenantTransaction, work: Work) -> Firm:
    """What the company tells of itself; by its name in the service where it has told no other."""
    told = await companies.profile_of(tx)
    return Firm(told.legal_name or work.company, told.address, told.legal_representative, told.registration_number, told.phone, told.email)


@dataclass(slots=True)
class Gathering:
    """Of one case for one document."""

    work: Work
    case_id: UUID
    pen: Pen
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        short = "zh" if self.pen.is_chinese else "en"
        self.reader = Reader(short, (short, "en" if short == "zh" else "zh"), None)

    async def facts(self) -> Facts:
        """Everything. Raises `UnknownRecallError`, `ScopeTooLargeError` and what stops the work."""
        work, pen = self.work, self.pen
        await work.progress(1, STEPS, pen.pick("读取案件", "Reading the case"))
        case = await work.in_tenant(lambda tx: recalls.case_by_id(tx, self.case_id))
        signatures = await work.in_tenant(lambda tx: self._signatures(tx, case))
        clocks = await work.in_tenant(lambda tx: recalls.clocks_of(tx, self.case_id))
        acts, left_out = await work.in_tenant(self._acts)
        links = await work.in_tenant(self._links)
        await work.progress(2, STEPS, pen.pick("计算范围", "Computing the scope"))
        scope = await scope_facts.gather(work, self.case_id, self.reader, pen)
        await work.progress(3, STEPS, pen.pick("汇总客户情况", "Adding up what customers did"))
        board = await work.in_tenant(lambda tx: checking.board(tx, self.case_id))
        notices = await work.in_tenant(lambda tx: noticing.notices_of(tx, self.case_id))
        checks = await work.in_tenant(self._checks)
        by_customer, overall = board.by_customer(), board.overall()
        names = await work.in_tenant(lambda tx: self._names(tx, by_customer))
        owner = await work.in_tenant(lambda tx: self._owner(tx, case))
        return Facts(
            firm=await work.in_tenant(lambda tx: firm_of(tx, work)),
            case=_case(case, owner, links, self.reader),
            version=scope.version,
            frozen_at=scope.frozen_at,
            known_at=scope.known_at,
            scope_digest=scope.digest,
            sources=scope.sources,
            bounds=scope.bounds,
            counts=scope.counts,
            signatures=signatures,
            clocks=tuple(self._clock(line, work) for line in clocks),
            acts=acts,
            acts_left_out=left_out,
            suspects=scope.suspects,
            goods=scope.goods,
            co_packed=scope.co_packed,
            totals=scope.totals,
            balances=scope.balances,
            fates=tuple(_fate(row, names) for row in by_customer),
            overall=tuple(_fate(row, names) for row in overall),
            discrepancies=board.discrepancy_count,
            board_partial=board.partial,
            notices=tuple(_notice(each, self.reader) for each in notices),
            checks=checks,
            additions=scope.additions,
        )

    async def _signatures(self, tx: TenantTransaction, case: RecallCase) -> tuple[Signed, ...]:
        found = await signing.page_of_signatures(tx, case.subject, cursor=None, backward=True, limit=_MOST_SIGNATURES)
        return tuple(Signed(each.signer_name, each.meaning, each.reason, each.signed_at, each.content_sha256.hex()) for each in found)

    async def _acts(self, tx: TenantTransaction) -> tuple[tuple[ActLine, ...], int]:
        found = await recalls.timeline(tx, self.case_id)
        told = [act for act in found if act.kind not in _BURYING]
        return tuple(ActLine(act.at, act.kind.name, act.actor, act.reason) for act in told[:MOST_ACTS]), max(0, len(told) - MOST_ACTS)

    async def _links(self, tx: TenantTransaction) -> list[str]:
        """By the numbers that people say; what has none by its kind."""
        told = (await recalls.links_of(tx, [self.case_id]))[self.case_id]
        named = {reference: UUID(reference.partition(":")[2]) for reference in told if reference.partition(":")[2]}
        numbers: dict[UUID, str] = {key: each.number for key, each in (await nonconformances.by_id(tx, list(named.values()))).items()}
        numbers |= {key: each.number for key, each in (await improvement.actions_by_id(tx, list(named.values()))).items()}
        return [
            numbers.get(named[reference], reference.partition(":")[0].replace("_", " ")) if reference in named else reference for reference in told
        ]

    async def _checks(self, tx: TenantTransaction) -> Checks:
        plans, counts = await checking.plans_of(tx, self.case_id), await checking.counts_of(tx, self.case_id)
        if not plans:
            return Checks()
        return Checks(
            plans[0].level.name,
            counts.population,
            counts.sample,
            counts.open,
            counts.unreached,
            counts.ineffective,
            counts.effective,
            counts.overdue,
            counts.effectiveness,
        )

    async def _names(self, tx: TenantTransaction, rows: Sequence[Row]) -> Names:
        return await look_up(
            tx, self.reader, gtins={row.gtin for row in rows if row.gtin}, parties={row.party for row in rows if row.party}, then=False
        )

    async def _owner(self, tx: TenantTransaction, case: RecallCase) -> str:
        return (await improvement.member_names(tx, [case.owner_id])).get(case.owner_id, "") if case.owner_id is not None else ""

    def _clock(self, line: Clock, work: Work) -> ClockLine:
        chinese = self.pen.is_chinese
        note = line.condition.zh if line.condition and chinese else line.condition.en if line.condition else ""
        return ClockLine(
            line.authority.zh if chinese else line.authority.en,
            line.duty.zh if chinese else line.duty.en,
            line.citation.zh if chinese else line.citation.en,
            line.begins_at,
            line.due_at,
            line.met_at,
            line.met_name,
            line.state(work.made_at).name,
            line.fixed,
            line.ended_reason or note,
        )


def _case(case: RecallCase, owner: str, links: Sequence[str], reader: Reader) -> Case:
    def name(value: object) -> str:
        return str(getattr(value, "name", ""))

    return Case(
        number=case.number, title=case.title, drill=case.drill, state=name(case.state), decision=name(case.decision),
        recall_class=name(case.recall_class), depth=name(case.depth), sector=name(case.sector), countries=case.countries, reason=case.reason,
        hazard=case.hazard, products=told_in(dict(case.products), reader.language), instructions=told_in(dict(case.instructions), reader.language),
        decision_reason=case.decision_reason, phone=case.contact_phone, email=case.contact_email, owner=owner, known_at=case.known_at,
        opened_at=case.opened_at, decided_at=case.decided_at, decided_by=case.decided_name, announced_at=case.announced_at,
        completed_at=case.completed_at, closed_at=case.closed_at, root_cause=case.root_cause, waivers=(case.capa_waiver, case.effect_waiver),
        links=tuple(links),
    )  # fmt: skip


def _fate(row: Row, names: Names) -> FateLine:
    split = row.split
    possible = "" if row.certainty is Certainty.CERTAIN else ("（可能）" if names.reader.language == "zh" else " (possible)")
    return FateLine(
        customer=(names.party(row.party) or "") + possible if row.party else "", product=names.product(row.gtin) or "", uom=row.uom, lots=row.lots,
        shipped=split.shipped, recovered=split.recovered, destroyed=split.destroyed, sold=split.sold, used=split.used, held=split.held,
        unknown=split.unknown, over=split.over, proved=split.recovered_proved + split.destroyed_proved, recovery=split.recovery_rate,
        known=split.known_rate,
    )  # fmt: skip


def _notice(notice: noticing.Notice, reader: Reader) -> NoticeLine:
    customer = told_in(notice.content.customer, reader.language) or notice.party
    return NoticeLine(
        customer, notice.kind.name, notice.state.name, notice.lot_count, notice.sent_at, notice.acknowledged_at, notice.acknowledged_by or "",
        notice.reported_at, notice.due_at,
    )  # fmt: skip
