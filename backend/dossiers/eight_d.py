"""The 8D report of a corrective action: the disciplines D1 to D8 with what was done by whom and when, the check of the effect, and the signatures."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from backend.capa import query_service as actions
from backend.capa.rules import ActionStatus, Discipline
from backend.capa.service import subject_of
from backend.capa.stored import CorrectiveAction, Item, SupplierRequest, Written
from backend.catalog import service as catalog
from backend.catalog.languages import name_in
from backend.catalog.sites import Sites, sites_of
from backend.documents.errors import DocumentSubjectNotFoundError
from backend.documents.kinds import DocumentKind, Subject, title_of
from backend.documents.stamp import moment
from backend.documents.work import Made, Work
from backend.dossiers.sheet import Block, Column, Facts, Lines, Prose, Sheet, Table, made_of, safe_name
from backend.dossiers.words import word
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance.stored import Nonconformance
from backend.objects import service as objects
from infra import clock
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures import service as signatures
from tenants.signatures.repository import StoredSignature

VERSION: Final = 1
GOODS_LISTED: Final = 40
SIGNATURES: Final = 50
REQUESTS: Final = 50


def action_id_of(reference: str) -> UUID:
    """The corrective action of "corrective_action:0190…". Raises `DocumentSubjectNotFoundError`."""
    kind, _, text = reference.partition(":")
    try:
        return UUID(text) if kind == "corrective_action" else UUID(reference)
    except ValueError:
        raise DocumentSubjectNotFoundError from None


class EightDReport:
    """Makes 8D reports."""

    kind = DocumentKind.EIGHT_D_REPORT
    permission = Permission.QUALITY_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Raises `DocumentSubjectNotFoundError`."""
        await _action(tx, action_id_of(subject.reference), await sites_of(tx, principal, self.permission))

    async def make(self, work: Work) -> Made:
        """All of it is short, and read at once."""
        await work.progress(0, 2, work.pick("读取", "Reading"))
        sheet = await work.in_tenant(lambda tx: _sheet(tx, work))
        await work.progress(1, 2, work.pick("排版", "Printing"))
        return made_of(work, sheet)


async def _action(tx: TenantTransaction, action_id: UUID, sites: Sites | None) -> CorrectiveAction:
    found = (await actions.actions_by_id(tx, [action_id], sites)).get(action_id)
    if found is None:
        raise DocumentSubjectNotFoundError
    return found


async def _sheet(tx: TenantTransaction, work: Work) -> Sheet:
    sites = await sites_of(tx, work.principal, Permission.QUALITY_READ) if work.principal else None
    action = await _action(tx, action_id_of(work.subject.reference), sites)
    action_id, key = action.corrective_action_id, [action.corrective_action_id]
    written = {each.discipline: each for each in (await actions.disciplines_of(tx, key)).get(action_id, [])}
    items = (await actions.items_of(tx, key)).get(action_id, [])
    causes = await nonconformances.by_id(tx, (await actions.causes_of(tx, key)).get(action_id, []), sites)
    requests = await actions.requests_of_action(tx, action_id, limit=REQUESTS, sites=sites)
    names = await actions.member_names(tx, {action.owner_id, *(item.owner_id for item in items)})
    signed = await signatures.page_of_signatures(tx, subject_of(action_id), cursor=None, backward=False, limit=SIGNATURES)
    blocks: list[Block] = [await _head(tx, work, action, names.get(action.owner_id, ""))]
    if causes:
        blocks.append(await _causes(tx, work, sorted(causes.values(), key=lambda one: one.number)))
    for discipline in Discipline:
        own = [item for item in items if item.discipline is discipline]
        blocks += _discipline(work, discipline, written.get(discipline), own, names)
    blocks.append(_effect(work, action))
    if requests:
        blocks.append(_requests(work, requests))
    blocks.append(_signatures(work, signed))
    if action.status is not ActionStatus.CLOSED:
        roles = (work.pick("编制", "Prepared by"), work.pick("审核", "Reviewed by"), work.pick("批准", "Approved by"))
        blocks.append(Lines(work.pick("签字", "Signed on paper"), roles, work.pick("日期：", "Date:")))
    return Sheet(
        title=title_of(DocumentKind.EIGHT_D_REPORT, work.language), subtitle=f"{action.number} · {action.title}", header=action.number,
        subject=subject_of(action_id), filename=f"8D-{safe_name(action.number)}.pdf", maker="eight-d", version=VERSION, blocks=blocks,
    )  # fmt: skip


async def _head(tx: TenantTransaction, work: Work, action: CorrectiveAction, owner: str) -> Facts:
    late = action.due_at is not None and action.closed_at is None and action.due_at <= clock.now()
    product = (await catalog.products_by_gtin(tx, [action.watched_gtin])).get(action.watched_gtin) if action.watched_gtin else None
    rows = [
        (work.pick("编号", "Number"), action.number),
        (work.pick("类别", "Kind"), word(action.kind, work.language)),
        (work.pick("状态", "State"), word(action.status, work.language)),
        (work.pick("负责人", "Owner"), owner or "–"),
        (work.pick("启动", "Opened"), moment(work, action.opened_at)),
        (work.pick("期限", "Due"), moment(work, action.due_at) + (work.pick("（已逾期）", " (overdue)") if late else "")),
        (work.pick("关闭", "Closed"), moment(work, action.closed_at)),
        (work.pick("产品", "Product"), (name_in(product.names, work.language) if product else "") or action.watched_gtin or "–"),
    ]
    return Facts(rows, two_columns=True)


async def _causes(tx: TenantTransaction, work: Work, found: Sequence[Nonconformance]) -> Table:
    goods = await nonconformances.goods_of(tx, [one.nonconformance_id for one in found])
    things = await objects.load(tx, {each.object_id for several in goods.values() for each in several[:GOODS_LISTED]})
    columns = [
        Column(work.pick("编号", "Number"), whole=True), Column(work.pick("问题", "What was wrong")), Column(work.pick("等级", "Severity")),
        Column(work.pick("状态", "State")), Column(work.pick("批次与单件", "Lots and units")), Column(work.pick("发现", "Found"), whole=True),
    ]  # fmt: skip
    rows = []
    for one in found:
        concerned = goods.get(one.nonconformance_id, [])
        codes = [things[each.object_id].code for each in concerned[:GOODS_LISTED] if each.object_id in things]
        more = len(concerned) - len(codes)
        rows.append([
            one.number, one.title, word(one.severity, work.language), word(one.status, work.language),
            ", ".join(codes) + (work.pick(f" 等另 {more} 个", f" and {more} more") if more > 0 else "") or "–", moment(work, one.opened_at),
        ])  # fmt: skip
    return Table(work.pick("所针对的不合格", "What it is for"), columns, rows)


def _discipline(work: Work, discipline: Discipline, told: Written | None, items: Sequence[Item], names: dict[UUID, str]) -> list[Block]:
    done = told is not None and told.done_at is not None
    state = work.pick("已完成 ", "Done ") + moment(work, told.done_at) if told and told.done_at else work.pick("未完成", "Not done")
    facts = [(work.pick("期限", "Due"), moment(work, told.due_at))] if told and told.due_at else []
    lists: list[tuple[str, Sequence[str]]] = []
    if told and told.detail.team:
        lists.append((work.pick("成员", "Members"), list(told.detail.team)))
    if told and told.detail.causes:
        root = work.pick("（根本原因）", " (root cause)")
        causes = [f"{word(one.category, work.language)}: {one.text}{root if one.root else ''}" for one in told.detail.causes]
        lists.append((work.pick("因果分析", "Causes"), causes))
    if told and told.detail.whys:
        lists.append((work.pick("五个为什么", "Five whys"), list(told.detail.whys)))
    empty = "" if lists else work.pick("尚未填写。", "Nothing is written yet.")
    blocks: list[Block] = [Prose(word(discipline, work.language), told.text if told else "", facts, lists, empty, state, done)]
    if items:
        columns = [
            Column(work.pick("措施", "Action")), Column(work.pick("负责人", "Owner")), Column(work.pick("期限", "Due"), whole=True),
            Column(work.pick("完成", "Done"), whole=True), Column(work.pick("证据", "Evidence")),
        ]  # fmt: skip
        rows = [
            [item.text, names.get(item.owner_id, "–"), moment(work, item.due_at), moment(work, item.done_at), item.evidence or "–"] for item in items
        ]
        blocks.append(Table(work.pick("措施", "Actions") + f" · D{int(discipline)}", columns, rows))
    return blocks


def _effect(work: Work, action: CorrectiveAction) -> Facts:
    rows = [
        (work.pick("判定标准", "Criterion"), action.criterion or work.pick("尚未规定", "not planned yet")),
        (work.pick("验证日期", "To be checked on"), moment(work, action.check_at)),
    ]
    if action.watched_from and action.watched_days:
        days = work.pick(
            f"自 {moment(work, action.watched_from)} 起 {action.watched_days} 天",
            f"{action.watched_days} days from {moment(work, action.watched_from)}",
        )
        rows.append((work.pick("观察期", "Watched for"), days))
    if action.watched_characteristic:
        rows.append((work.pick("观察的特性", "Characteristic watched"), action.watched_characteristic))
    return Facts(rows, work.pick("有效性验证", "Check of the effect"))


def _requests(work: Work, requests: Sequence[SupplierRequest]) -> Table:
    columns = [
        Column(work.pick("编号", "Number"), whole=True), Column(work.pick("供应商", "Supplier")), Column(work.pick("要求", "Request")),
        Column(work.pick("状态", "State")), Column(work.pick("发出", "Sent"), whole=True), Column(work.pick("期限", "Due"), whole=True),
    ]  # fmt: skip
    rows = [
        [one.number, one.supplier.rsplit("/", 1)[-1], one.text, word(one.status, work.language), moment(work, one.sent_at), moment(work, one.due_at)]
        for one in requests
    ]
    return Table(work.pick("对供应商的要求", "Requests to suppliers"), columns, rows)


def _signatures(work: Work, signed: Sequence[StoredSignature]) -> Table:
    return signature_table(work, work.pick("电子签名", "Electronic signatures"), signed)


def signature_table(work: Work, title: str, signed: Sequence[StoredSignature]) -> Table:
    """Who signed what it means, when, why; with the hash of what was signed (21 CFR 11.50)."""
    columns = [
        Column(work.pick("签名人", "Signed by")), Column(work.pick("含义", "Meaning")), Column(work.pick("理由", "Reason")),
        Column(work.pick("时间", "At"), whole=True), Column(work.pick("签名内容 SHA-256", "SHA-256 of what was signed")),
    ]  # fmt: skip
    rows = [
        [one.signer_name, _MEANINGS.get(one.meaning, (one.meaning, one.meaning))[0 if work.is_chinese else 1], one.reason,
         moment(work, one.signed_at), f"{one.content_sha256.hex()[:16]}…"]
        for one in signed
    ]  # fmt: skip
    return Table(title, columns, rows, empty=work.pick("尚无电子签名。", "Nobody has signed yet."))


_MEANINGS: Final = {
    "authored": ("编制", "Authored"),
    "reviewed": ("审核", "Reviewed"),
    "approved": ("批准", "Approved"),
    "rejected": ("否决", "Rejected"),
    "released": ("放行", "Released"),
    "recalled": ("召回", "Recalled"),
    "witnessed": ("见证", "Witnessed"),
}
