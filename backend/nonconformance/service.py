"""Open nonconformances, add goods to them, review and close them. What is decided about the goods is in `deciding.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites, sites_of
from backend.nonconformance import holding, repository
from backend.nonconformance.errors import NonconformanceNotFoundError, NonconformanceStateError
from backend.nonconformance.history import note
from backend.nonconformance.rules import NcSeverity, NcSourceKind, NcStatus, is_decided
from backend.nonconformance.stored import Nonconformance, lines_of
from backend.nonconformance.texts import LONG, TITLE, optional_text, text_of
from backend.numbering.service import number_of
from backend.objects import service as objects
from backend.photos import service as photos
from backend.webhooks import service as webhooks
from infra import clock
from infra.database import Gate, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

SERIES: Final = "NC"
# For what hangs on nonconformances: a condition on `n` that keeps a statement inside of the sites.
concerned = repository.concerned
MOST_OBJECTS: Final = 100
MOST_REFERENCE: Final = 200
_UOM: Final = 20


@dataclass(frozen=True, slots=True)
class NcSource:
    """What a nonconformance came from; `reference` is its public id ("inspection:0190…"), empty where somebody opened it by hand."""

    kind: NcSourceKind
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods concerned, by any form of an identifier; without a quantity all of the object."""

    key: str
    quantity: Decimal | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the words, how grave it is, and whom and where it concerns (canonical URIs)."""

    title: str
    description: str = ""
    severity: NcSeverity = NcSeverity.MAJOR
    characteristic: str | None = None
    place: str | None = None
    supplier: str | None = None
    customer: str | None = None


def subject_of(nonconformance_id: UUID) -> str:
    """What the trail, the history, signatures and photos call it."""
    return f"nonconformance:{nonconformance_id}"


async def open_for(
    tx: TenantTransaction, principal: Principal | None, *, source: NcSource, title: str, description: str, object_keys: Sequence[str],
    quantity: Decimal | None, uom: str | None, severity: NcSeverity = NcSeverity.MAJOR, characteristic: str | None = None,
    hold_ids: Sequence[UUID] = (), hold: bool = False,
) -> UUID:  # fmt: skip
    """Open one for what another part found; the open one with the same source is given back. Without a principal the service itself acts.

    `quantity` is of a single object. `hold_ids` are holds that stand for the same cause: its decisions release them too. With `hold`, for
    which the transaction must have passed the exclusive gate, it places one of its own. Whoever may do what led to this may open it; no
    permission is asked for here.
    """
    goods = [Goods(key, quantity if len(object_keys) == 1 else None, uom if len(object_keys) == 1 else None) for key in object_keys]
    found = Found(title[:TITLE], description[:LONG], severity, characteristic)
    nonconformance_id, is_new = await _open(tx, principal, source=source, found=found, goods=goods, sites=None)
    if is_new and hold_ids:
        await repository.link_holds(tx, nonconformance_id, hold_ids)
    if is_new and hold and goods:
        await _hold(tx, principal, nonconformance_id)
    return nonconformance_id


async def open_nonconformance(
    tx: TenantTransaction,
    principal: Principal,
    *,
    source: NcSource,
    found: Found,
    goods: Sequence[Goods],
    hold: bool = False,
    photo_ids: Sequence[UUID] = (),
) -> UUID:
    """Open one by hand. With `hold`, for which the transaction must have passed the exclusive gate, the goods are held at once.

    Whoever is limited to sites names goods that are met there, or a place there.
    """
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_OPEN)
    if hold:
        principal.require(Permission.HOLDS_PLACE)
    if sites is not None and (not goods or found.place is not None) and not sites.cover(found.place):
        raise OutsideSitesError("Name goods or a place of your own sites: nobody of them would see this nonconformance.", field="place")
    nonconformance_id, is_new = await _open(tx, principal, source=source, found=found, goods=goods, sites=sites)
    if is_new and photo_ids:
        await photos.attach(tx, principal, photo_ids=photo_ids, subject=subject_of(nonconformance_id))
    if is_new and hold:
        await _hold(tx, principal, nonconformance_id)
    return nonconformance_id


async def _hold(tx: TenantTransaction, principal: Principal | None, nonconformance_id: UUID) -> None:
    require_exclusive(tx)
    [row] = await repository.by_ids(tx, [nonconformance_id])
    things = await objects.load(tx, [each["object_id"] for each in await repository.objects_of(tx, [nonconformance_id])])
    if not things:
        raise InvalidInputError("There are no goods to hold: name them, or leave “hold” out.", field="hold")
    keys = sorted(thing.key for thing in things.values())
    placed = await holding.place(tx, principal, nonconformance_id, keys=keys, reason=row["title"], number=row["number"])
    await note(tx, principal, subject_of(nonconformance_id), "held", detail={"hold": str(placed), "objects": keys})


async def _open(
    tx: TenantTransaction, principal: Principal | None, *, source: NcSource, found: Found, goods: Sequence[Goods], sites: Sites | None
) -> tuple[UUID, bool]:
    """The id, and whether it is a new one."""
    reference = text_of(source.reference, "sourceReference", MOST_REFERENCE, required=False)
    if reference:
        there = await repository.open_of_source(tx, source.kind, reference)
        if there is not None:
            return there, False
    rows = await _resolved(tx, goods, sites)
    title, description = text_of(found.title, "title", TITLE), text_of(found.description, "description", LONG, required=False)
    await _require_partners(tx, {"supplier": found.supplier, "customer": found.customer})
    nonconformance_id, number = uuid7(), await number_of(tx, SERIES)
    await repository.insert(
        tx, nonconformance_id=nonconformance_id, number=number, source=int(source.kind), source_reference=reference,
        severity=int(found.severity), status=int(NcStatus.OPEN), title=title, description=description,
        characteristic=optional_text(found.characteristic, "characteristic", TITLE), place=optional_text(found.place, "place", TITLE),
        supplier=found.supplier or None,
        customer=found.customer or None, opened_at=clock.now(), opened_by=principal.actor_id if principal else None,
    )  # fmt: skip
    if rows:
        await repository.put_objects(tx, nonconformance_id, rows)
    after = {"number": number, "severity": found.severity.name, "source": source.kind.name, "reference": reference, "objects": len(rows)}
    await audit.record(tx, principal, "nonconformance.opened", subject_of(nonconformance_id), after=after, reason=title)
    await note(tx, principal, subject_of(nonconformance_id), "opened", title, detail=after)
    told = {"nonconformance": str(nonconformance_id), "title": title, "number": number, "severity": found.severity.name}
    await webhooks.publish(tx, kind="nonconformance.opened", subject=subject_of(nonconformance_id), data=told)
    return nonconformance_id, True


async def _resolved(tx: TenantTransaction, goods: Sequence[Goods], sites: Sites | None) -> list[tuple[int, Decimal | None, str | None]]:
    if len(goods) > MOST_OBJECTS:
        raise InvalidInputError(f"“objects” names {len(goods)} objects; name at most {MOST_OBJECTS}: a lot stands for its units.", field="objects")
    rows: dict[int, tuple[int, Decimal | None, str | None]] = {}
    for place, one in enumerate(goods):
        found = await objects.find(tx, one.key, sites)
        uom = optional_text(one.uom, f"objects.{place}.uom", _UOM)
        if one.quantity is not None and one.quantity <= 0:
            raise InvalidInputError("A quantity is above zero; without one, all of the object is concerned.", field=f"objects.{place}.quantity")
        rows[found.object_id] = (found.object_id, one.quantity, uom if one.quantity is not None else None)
    return list(rows.values())


async def _require_partners(tx: TenantTransaction, named: dict[str, str | None]) -> None:
    known = await catalog.partners_by_party(tx, {party for party in named.values() if party})
    for field, party in named.items():
        if party and party not in known:
            raise InvalidInputError("The catalogue has no such partner. Name one of it by its URI, or put it into the catalogue.", field=field)


async def add_objects(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, goods: Sequence[Goods]) -> None:
    """More goods turn out to be concerned, or another quantity of them: until something is decided about these."""
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_OPEN)
    found = await locked(tx, nonconformance_id, sites)
    if found.status in (NcStatus.EXECUTED, NcStatus.CLOSED):
        raise NonconformanceStateError(
            "It is closed, or all of it was executed: open another nonconformance for these goods.", field="nonconformanceId"
        )
    rows = await _resolved(tx, goods, sites)
    if not rows:
        raise InvalidInputError("Name the goods to add.", field="objects")
    there = {row["object_id"] for row in await repository.objects_of(tx, [nonconformance_id])}
    touched = {line.object_id for line in await lines_of(tx, nonconformance_id) if line.counts}
    if touched & {row[0] for row in rows}:
        raise NonconformanceStateError("Something is decided about these goods already.", field="objects")
    if len(there | {row[0] for row in rows}) > MOST_OBJECTS:
        raise InvalidInputError(f"A nonconformance names at most {MOST_OBJECTS} objects.", field="objects")
    await repository.put_objects(tx, nonconformance_id, rows)
    if found.status is NcStatus.DECIDED:
        await repository.set_status(tx, nonconformance_id, NcStatus.UNDER_REVIEW)
    keys = sorted(thing.key for thing in (await objects.load(tx, [row[0] for row in rows])).values())
    await audit.record(tx, principal, "nonconformance.extended", subject_of(nonconformance_id), after={"objects": keys})
    await note(tx, principal, subject_of(nonconformance_id), "extended", detail={"objects": keys})


async def review(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, *, comment: str) -> None:
    """Take it up: from now on it waits for a decision."""
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_OPEN)
    found = await locked(tx, nonconformance_id, sites)
    comment = text_of(comment, "comment", LONG, required=False)
    if found.status is not NcStatus.OPEN:
        raise NonconformanceStateError("It has been taken up for review already.", field="nonconformanceId")
    await repository.set_status(tx, nonconformance_id, NcStatus.UNDER_REVIEW)
    await audit.record(tx, principal, "nonconformance.reviewed", subject_of(nonconformance_id), after={"number": found.number})
    await note(tx, principal, subject_of(nonconformance_id), "review_begun", comment)


async def check_close(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, *, reason: str, unfounded: bool) -> Nonconformance:
    """Raise what `close` would raise, before anybody is asked to sign."""
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_DECIDE)
    text_of(reason, "reason", LONG)
    found = await locked(tx, nonconformance_id, sites)
    lines = await lines_of(tx, nonconformance_id)
    if found.status is NcStatus.CLOSED:
        raise NonconformanceStateError("It is closed already.", field="nonconformanceId")
    if unfounded and any(line.counts for line in lines):
        raise NonconformanceStateError("Something was decided about its goods, so it isn't unfounded.", field="unfounded")
    goods = await found.concerned(tx)
    # Where no goods are concerned, there is nothing to decide either.
    if goods and not unfounded and found.status is not NcStatus.EXECUTED:
        lacks = "what was decided is not done yet" if is_decided(goods, lines) else "nothing is decided about some of its goods"
        raise NonconformanceStateError(f"It can't be closed: {lacks}.", field="nonconformanceId")
    return found


async def close(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, *, reason: str, unfounded: bool, signature: Signature) -> None:
    """Close it: all was done, or there was nothing wrong. Holds that are still in force stay: each is released by itself."""
    found = await check_close(tx, principal, nonconformance_id, reason=reason, unfounded=unfounded)
    await repository.set_status(tx, nonconformance_id, NcStatus.CLOSED, clock.now())
    subject, act = subject_of(nonconformance_id), "nonconformance.closed"
    content = {"act": act, "number": found.number, "title": found.title, "unfounded": unfounded, "reason": reason}
    signature_id = await sign(tx, principal, signature, subject=subject, content=content)
    after = {"number": found.number, "unfounded": unfounded}
    await audit.record(tx, principal, "nonconformance.closed", subject, after=after, reason=reason, signature_id=signature_id)
    await note(tx, principal, subject, "closed", reason, detail={"unfounded": unfounded})


async def locked(tx: TenantTransaction, nonconformance_id: UUID, sites: Sites | None) -> Nonconformance:
    """One of those that concern the sites, held until the transaction ends; raises `NonconformanceNotFoundError`."""
    row = await repository.lock(tx, nonconformance_id, sites)
    if row is None:
        raise NonconformanceNotFoundError
    return Nonconformance.from_row(row)


def require_exclusive(tx: TenantTransaction) -> None:
    """What may place or release holds passes the gate alone."""
    if tx.gate is not Gate.EXCLUSIVE:
        raise RuntimeError("nonconformances hold and release behind the exclusive gate")
