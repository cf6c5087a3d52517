"""The dossier of a lot: all that is known of it in one paper, as a trace and the lists would show it to who asks."""

from typing import Final

from backend.catalog.sites import sites_of
from backend.documents.kinds import DocumentKind, Subject, title_of
from backend.documents.work import Made, Work
from backend.dossiers import genealogy, logistics, quality
from backend.dossiers.errors import NotALotError
from backend.dossiers.identity import Identity, identity_of
from backend.dossiers.logistics import Moved
from backend.dossiers.sheet import Block, Facts, Sheet, Verdict, made_of, safe_name
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal

VERSION: Final = 1
# Reading a large genealogy takes longer than a request may.
READING_MS: Final = 60_000
_STEPS: Final = 5


class LotDossier:
    """Makes dossiers of lots and of single units."""

    kind = DocumentKind.LOT_DOSSIER
    permission = Permission.TRACE_READ

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Raises `ObjectNotFoundError`, `AmbiguousCodeError`, `NotALotError`."""
        thing = await objects.find(tx, subject.reference, await sites_of(tx, principal, self.permission))
        if thing.kind not in (ObjectKind.LOT, ObjectKind.UNIT):
            raise NotALotError

    async def make(self, work: Work) -> Made:
        """In a transaction each, so that none lasts long; photos are read from the store in between."""
        thing, identity, held = await work.in_tenant(lambda tx: _start(tx, work))
        await work.progress(1, _STEPS, work.pick("读取谱系", "Reading the genealogy"))
        told = await work.in_tenant(lambda tx: _genealogy(tx, work, thing), timeout_ms=READING_MS)
        await work.progress(2, _STEPS, work.pick("读取数量与事件", "Reading quantities and events"))
        moved = await work.in_tenant(lambda tx: _moved(tx, work, thing), timeout_ms=READING_MS)
        await work.progress(3, _STEPS, work.pick("读取检验", "Reading inspections"))
        checked = await work.in_tenant(lambda tx: _quality(tx, work, thing))
        photos = await quality.snapshots_of(work, checked)
        await work.progress(4, _STEPS, work.pick("排版", "Printing"))
        drawing, letters = genealogy.drawing_of(work, told)
        table = f"events-{safe_name(thing.code)}.csv"
        listed, attachments, notes = logistics.event_blocks(work, moved, table)
        blocks: list[Block] = [Facts(identity.rows, two_columns=True), _state(work, held), _counts(work, told, moved, checked)]
        blocks += logistics.balance_blocks(work, moved)
        blocks += [drawing] if drawing else []
        blocks += genealogy.blocks_of(work, told)
        blocks += logistics.life_blocks(work, moved)
        blocks += quality.blocks_of(work, checked)
        blocks += [photos] if photos else []
        blocks += listed
        return made_of(
            work,
            Sheet(
                title=title_of(self.kind, work.language), subtitle=identity.title, header=identity.title, subject=thing.uri,
                filename=f"dossier-{safe_name(thing.code)}.pdf", maker="lot-dossier", version=VERSION, blocks=blocks, letters=letters,
                attachments=attachments, notes=notes,
            ),
        )  # fmt: skip


async def _start(tx: TenantTransaction, work: Work) -> tuple[TraceableObject, Identity, list[str]]:
    sites = await sites_of(tx, work.principal, Permission.TRACE_READ) if work.principal else None
    thing = await objects.find(tx, work.subject.reference, sites)
    if thing.kind not in (ObjectKind.LOT, ObjectKind.UNIT):
        raise NotALotError
    causes = await holds.why_held(tx, [thing.object_id], sites) if _may(work, Permission.HOLDS_READ) else []
    return thing, await identity_of(tx, work, thing, sites), list(dict.fromkeys(cause.reason for cause in causes))


def _may(work: Work, permission: Permission) -> bool:
    return work.principal is None or permission in work.principal.permissions


async def _genealogy(tx: TenantTransaction, work: Work, thing: TraceableObject) -> genealogy.Told:
    sites = await sites_of(tx, work.principal, Permission.TRACE_READ) if work.principal else None
    return await genealogy.read(tx, work, thing.key, sites)


async def _moved(tx: TenantTransaction, work: Work, thing: TraceableObject) -> Moved:
    sites = await sites_of(tx, work.principal, Permission.TRACE_READ) if work.principal else None
    return await logistics.read(tx, work, thing, sites)


async def _quality(tx: TenantTransaction, work: Work, thing: TraceableObject) -> quality.QualityTold:
    may_quality, may_holds = _may(work, Permission.QUALITY_READ), _may(work, Permission.HOLDS_READ)
    quality_sites = await sites_of(tx, work.principal, Permission.QUALITY_READ) if work.principal and may_quality else None
    hold_sites = await sites_of(tx, work.principal, Permission.HOLDS_READ) if work.principal and may_holds else None
    return await quality.read(tx, work, thing, quality=may_quality, sites=quality_sites, may_see_holds=may_holds, hold_sites=hold_sites)


def _state(work: Work, held: list[str]) -> Verdict:
    if not held:
        return Verdict("○", work.pick("目前没有扣留", "Not on hold"), work.pick("以生成时所知为准。", "As was known when this was made."), good=True)
    return Verdict("■", work.pick("扣留中", "On hold"), "\n".join(held), good=False)


def _counts(work: Work, told: genealogy.Told, moved: Moved, checked: quality.QualityTold) -> Facts:
    counts = told.counts
    rows = [
        (work.pick("投入批次", "Lots that went in"), f"{counts['inputs']:,}"),
        (work.pick("工序", "Steps"), f"{counts['steps']:,}"),
        (work.pick("制成批次", "Lots made of it"), f"{counts['outputs']:,}"),
        (work.pick("发货", "Shipments"), f"{counts['shipments']:,}"),
        (work.pick("事件", "Events"), f"{moved.event_count:,}"),
    ]
    if checked.inspections is not None:
        more = "+" if len(checked.inspections) > quality.LISTED else ""
        rows.append((work.pick("检验", "Inspections"), f"{min(len(checked.inspections), quality.LISTED):,}{more}"))
    limited = work.principal is not None and work.principal.sites_for(Permission.TRACE_READ) is not None
    if limited:
        rows.append((work.pick("范围", "Limited to"), work.pick("申请人可见的地点", "the sites that who asked may see")))
    return Facts(rows, work.pick("概览", "At a glance"), two_columns=True)
