"""The certificate of analysis: a lot's inspections against the versions of the specifications that they were judged by.

It is refused while results are missing or weren't accepted, and while the goods are on hold: a customer acts on it.
"""

from collections.abc import Sequence
from typing import Final

from backend.catalog.languages import name_in
from backend.catalog.sites import Sites, sites_of
from backend.documents.kinds import DocumentKind, Subject, title_of
from backend.documents.stamp import moment
from backend.documents.work import Made, Work
from backend.dossiers.eight_d import signature_table
from backend.dossiers.errors import CertificateRefusedError, NotALotError
from backend.dossiers.identity import identity_of
from backend.dossiers.inspected import Inspected, lines_of, read, sampling_of
from backend.dossiers.sheet import Block, Column, Facts, Lines, Sheet, Table, Verdict, made_of, safe_name
from backend.dossiers.words import word
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.inspections import query_service as inspections
from backend.inspections.inspections import Inspection, Kind, Status
from backend.inspections.query_service import Filter
from backend.inspections.rules import Conclusion
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures import service as signatures
from tenants.signatures.repository import StoredSignature

VERSION: Final = 1
INSPECTIONS: Final = 100
_ORDER: Final = {Kind.FINAL: 0, Kind.PERIODIC: 1, Kind.IN_PROCESS: 2, Kind.INCOMING: 3}


class CertificateOfAnalysis:
    """Makes certificates."""

    kind = DocumentKind.CERTIFICATE_OF_ANALYSIS
    permission = Permission.QUALITY_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Raises `ObjectNotFoundError`, `NotALotError`, `CertificateRefusedError`."""
        await _certifiable(tx, subject.reference, await sites_of(tx, principal, self.permission))

    async def make(self, work: Work) -> Made:
        """Whether it may be given is asked again: the goods may have been held since."""
        await work.progress(0, 2, work.pick("读取检验结果", "Reading results"))
        sheet = await work.in_tenant(lambda tx: _sheet(tx, work))
        await work.progress(1, 2, work.pick("排版", "Printing"))
        return made_of(work, sheet)


async def _certifiable(tx: TenantTransaction, reference: str, sites: Sites | None) -> tuple[TraceableObject, list[Inspection]]:
    thing = await objects.find(tx, reference, sites)
    if thing.kind not in (ObjectKind.LOT, ObjectKind.UNIT):
        raise NotALotError
    # Whatever the caller may see: a result that somebody else waits for is missing all the same.
    found = await inspections.page_of_inspections(
        tx, Filter(object_id=thing.object_id), cursor=None, backward=False, limit=INSPECTIONS + 1, sites=None
    )
    counting = [one for one in found if one.status is not Status.CANCELLED and one.superseded_by is None]
    _refuse_unfit(counting, too_many=len(found) > INSPECTIONS)
    if await holds.why_held(tx, [thing.object_id]):
        raise CertificateRefusedError("The goods are on hold. Ask for the certificate once the hold is released.")
    return thing, sorted(counting, key=lambda one: (_ORDER[one.kind], one.opened_at))


def _refuse_unfit(counting: Sequence[Inspection], *, too_many: bool) -> None:
    if too_many:
        raise CertificateRefusedError(f"This lot has more than {INSPECTIONS} inspections: give the lot dossier instead.")
    if not counting:
        raise CertificateRefusedError("This lot was never inspected. Open an inspection of it, record the results and conclude it.")
    if waiting := [one for one in counting if one.status is not Status.CONCLUDED]:
        raise CertificateRefusedError(f"{len(waiting)} inspections of this lot aren't concluded: their results are missing. Conclude or cancel them.")
    if rejected := [one for one in counting if one.conclusion is not Conclusion.ACCEPTED]:
        told = "rejected" if any(one.conclusion is Conclusion.REJECTED for one in rejected) else "accepted under conditions only"
        raise CertificateRefusedError(f"{len(rejected)} inspections of this lot ended {told}. Inspect it again, superseding them, once it is right.")


async def _sheet(tx: TenantTransaction, work: Work) -> Sheet:
    sites = await sites_of(tx, work.principal, Permission.QUALITY_READ) if work.principal else None
    thing, found = await _certifiable(tx, work.subject.reference, sites)
    told, used = await read(tx, found)
    identity = await identity_of(tx, work, thing, sites)
    flagged = any(one.flagged for one in found)
    blocks: list[Block] = [Facts(identity.rows, two_columns=True), _verdict(work, found, flagged=flagged)]
    signed: list[StoredSignature] = []
    for each in told:
        blocks += _of(work, each, [])
        lines = lines_of(work, each, used)
        blocks.append(_table(work, each, [[line.name, line.method, line.limits, line.result, line.verdict, line.instruments] for line in lines]))
        signed += await signatures.page_of_signatures(tx, each.inspection.reference, cursor=None, backward=False, limit=20)
    issued = work.principal.display_name if work.principal else work.company
    released = [
        [word(one.kind, work.language), one.concluded_by or "–", moment(work, one.concluded_at), word(one.conclusion, work.language)] for one in found
    ]
    columns = [
        Column(work.pick("检验", "Inspection")), Column(work.pick("放行人", "Released by")), Column(work.pick("时间", "At"), whole=True),
        Column(work.pick("结论", "Conclusion")),
    ]  # fmt: skip
    blocks.append(Table(work.pick("放行", "Release"), columns, released))
    if signed:
        blocks.append(signature_table(work, work.pick("电子签名", "Electronic signatures"), signed))
    at = f"{moment(work, work.made_at)} ({work.time_zone})"
    rows = [(work.pick("出具人", "Issued by"), issued), (work.pick("出具时间", "Issued at"), at)]
    blocks.append(Facts(rows, work.pick("出具", "Issued")))
    blocks.append(Lines(work.pick("签字", "Signed on paper"), (work.pick("检验负责人", "Head of inspection"),), work.pick("日期：", "Date:")))
    return Sheet(
        title=title_of(DocumentKind.CERTIFICATE_OF_ANALYSIS, work.language), subtitle=identity.title, header=identity.title, subject=thing.uri,
        filename=f"CoA-{safe_name(thing.code)}.pdf", maker="certificate-of-analysis", version=VERSION, blocks=blocks,
    )  # fmt: skip


def _verdict(work: Work, found: Sequence[Inspection], *, flagged: bool) -> Verdict:
    text = work.pick(
        f"依据所列规范检验 {len(found)} 次，全部合格。结果仅对所检样品负责。",
        f"{len(found)} inspection(s) against the specifications named below, all accepted. The results are of the samples that were inspected.",
    )
    if flagged:
        text += "\n" + work.pick(
            "注意：部分结果所用仪器当时校准无效，见表中标注。",
            "Note: some results come from an instrument that wasn't fit at the time; the table says which.",
        )
    return Verdict("✓", work.pick("符合规范", "Conforms to specification"), text, good=not flagged)


def _of(work: Work, told: Inspected, rows: list[tuple[str, str]]) -> list[Block]:
    one, specification = told.inspection, told.specification
    name = name_in(specification.names, "zh" if work.is_chinese else "en") if specification else ""
    code = specification.code if specification else str(one.specification_id)
    rows = [
        (work.pick("规范", "Specification"), f"{code} {name}".strip() + work.pick(f"，第 {one.version} 版", f", version {one.version}")),
        (work.pick("抽样", "Sampling"), sampling_of(work, one)),
        (work.pick("检验时间", "Inspected"), f"{moment(work, one.opened_at)} – {moment(work, one.concluded_at)}"),
    ]
    if told.laboratories:
        named = ", ".join(f"{laboratory} ({report})" for laboratory, report in told.laboratories)
        rows.append((work.pick("实验室", "Laboratory"), named))
    if one.note:
        rows.append((work.pick("备注", "Note"), one.note))
    return [Facts(rows, work.pick("检验：", "Inspection: ") + word(one.kind, work.language))]


def _table(work: Work, told: Inspected, rows: list[list[str]]) -> Table:
    columns = [
        Column(work.pick("特性", "Characteristic"), share=22), Column(work.pick("方法", "Method"), share=16),
        Column(work.pick("限值", "Limits"), share=17), Column(work.pick("结果", "Result"), share=19),
        Column(work.pick("判定", "Verdict"), share=10), Column(work.pick("仪器", "Instrument"), share=16),
    ]  # fmt: skip
    note = work.pick("结果过多，仅统计最先的一部分。", "There are more results than are told here.") if told.cut else ""
    return Table(work.pick("结果", "Results"), columns, rows, note)
