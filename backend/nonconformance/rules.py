"""What may be decided about nonconforming goods, and what a decision lets go. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from backend.nonconformance.errors import DispositionInvalidError


class NcSourceKind(IntEnum):
    """What a nonconformance came from; the numbers are stored and never change."""

    INSPECTION = 1
    ALERT = 2
    COMPLAINT = 3
    RETURN = 4
    MANUAL = 5


class NcSeverity(IntEnum):
    """How grave it is; the numbers are stored and never change."""

    CRITICAL = 1
    MAJOR = 2
    MINOR = 3


class NcStatus(IntEnum):
    """Where it stands; the numbers are stored and never change."""

    OPEN = 1
    UNDER_REVIEW = 2
    DECIDED = 3
    EXECUTED = 4
    CLOSED = 5


class DispositionKind(IntEnum):
    """What becomes of nonconforming goods (ISO 9001:2015, 8.7.1); the numbers are stored and never change."""

    USE_AS_IS = 1
    REWORK = 2
    SCRAP = 3
    RETURN_TO_SUPPLIER = 4
    REGRADE = 5


class DispositionStatus(IntEnum):
    """How far a disposition is; the numbers are stored and never change."""

    WAITING_FOR_SECOND = 1
    TO_DO = 2
    # Reworked, and not inspected again yet.
    TO_REINSPECT = 3
    DONE = 4
    # The re-inspection failed: the goods need another decision.
    FAILED = 5
    # The second person refused.
    VOID = 6


class DecisionStatus(IntEnum):
    """Whether a decision counts; the numbers are stored and never change."""

    WAITING_FOR_SECOND = 1
    IN_FORCE = 2
    REFUSED = 3


# What lets goods go as they are. Of the others, rework lets go what came of it, and the rest nothing.
LETS_GO = frozenset({DispositionKind.USE_AS_IS, DispositionKind.REGRADE})
# The business step by which an event proves that it was done (CBV 2.0).
PROOF: Mapping[DispositionKind, frozenset[str]] = {
    DispositionKind.SCRAP: frozenset({"destroying"}),
    DispositionKind.RETURN_TO_SUPPLIER: frozenset({"returning", "shipping"}),
}
_DEAD = frozenset({DispositionStatus.FAILED, DispositionStatus.VOID})


@dataclass(frozen=True, slots=True)
class Concerned:
    """Goods of a nonconformance; without a quantity all of the object."""

    object_id: int
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """What is decided about so much of an object; without a quantity about all that is concerned."""

    object_id: int
    kind: DispositionKind
    quantity: Decimal | None
    uom: str | None
    status: DispositionStatus = DispositionStatus.TO_DO

    @property
    def counts(self) -> bool:
        """Whether the goods need no other decision because of this one."""
        return self.status not in _DEAD


def check_lines(goods: Sequence[Concerned], former: Sequence[Line], new: Sequence[Line]) -> None:
    """Raise `DispositionInvalidError` where new lines decide about goods that aren't concerned, twice, or about more than there is."""
    of = {one.object_id: one for one in goods}
    if not new:
        raise DispositionInvalidError("The decision has no line: say for each of the goods what becomes of them.", field="lines")
    for place, line in enumerate(new):
        field = f"lines.{place}"
        concerned = of.get(line.object_id)
        if concerned is None:
            raise DispositionInvalidError("These goods aren't named by the nonconformance: add them to it first.", field=f"{field}.key")
        if line.quantity is None:
            continue
        if concerned.quantity is None:
            raise DispositionInvalidError(
                "All of this object is concerned, so the decision is about all of it: leave the quantity out. To decide about parts, sort them "
                "into lots or containers of their own and add those.",
                field=f"{field}.quantity",
            )
        if line.quantity <= 0 or line.uom != concerned.uom:
            raise DispositionInvalidError(
                f"Give a quantity above zero in the nonconformance's own unit of measure ({concerned.uom or 'none'}).", field=f"{field}.quantity"
            )
    for object_id, concerned in of.items():
        if decided(concerned, [*former, *new]) > (concerned.quantity if concerned.quantity is not None else 1):
            raise DispositionInvalidError(
                "More is decided than is concerned: what has been decided before counts too, unless its re-inspection failed.",
                field=f"lines.{next((place for place, line in enumerate(new) if line.object_id == object_id), 0)}.quantity",
            )


def decided(concerned: Concerned, lines: Sequence[Line]) -> Decimal:
    """Of how much of the goods something is decided; of goods without a quantity, how often all of it is."""
    whole = concerned.quantity if concerned.quantity is not None else Decimal(1)
    counting = [line for line in lines if line.object_id == concerned.object_id and line.counts]
    return sum((whole if line.quantity is None else line.quantity for line in counting), Decimal(0))


def is_decided(goods: Collection[Concerned], lines: Sequence[Line]) -> bool:
    """Whether something is decided about everything."""
    return bool(goods) and all(decided(one, lines) == (one.quantity if one.quantity is not None else 1) for one in goods)


def is_executed(goods: Collection[Concerned], lines: Sequence[Line]) -> bool:
    """Whether all that was decided is done."""
    return is_decided(goods, lines) and all(line.status is DispositionStatus.DONE for line in lines if line.counts)


def let_go(goods: Collection[Concerned], lines: Sequence[Line]) -> set[int]:
    """The goods that the decisions in force let go: those of which *everything* may be used or is regraded.

    A hold knows no quantities: where a part is scrapped or reworked, the good part has to be told apart from it first, as an object of
    its own. What is scrapped or returned is let go by nothing: should it turn up again, it is still held, and so is what was made of it.
    """
    found = set()
    for one in goods:
        counting = [line for line in lines if line.object_id == one.object_id and line.counts]
        settled = all(line.kind in LETS_GO and line.status is DispositionStatus.DONE for line in counting)
        if counting and settled and is_decided([one], lines):
            found.add(one.object_id)
    return found


def first_status(kind: DispositionKind) -> DispositionStatus:
    """How far a disposition is when its decision comes into force: to let goods go there is nothing more to do."""
    return DispositionStatus.DONE if kind in LETS_GO else DispositionStatus.TO_DO


def needs_two(severity: NcSeverity, two_people_from: NcSeverity) -> bool:
    """Whether two people have to decide; the lower number is the graver one."""
    return severity <= two_people_from
