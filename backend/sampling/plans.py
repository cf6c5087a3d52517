"""What a sampling plan says, read from and written as JSON, and checked when it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

import msgspec

from backend.sampling import attributes, variables, zero
from backend.sampling.attributes import LEVELS, Severity
from backend.sampling.errors import UnknownAqlError, UnknownLevelError
from backend.sampling.variables import Method
from infra.errors import InvalidInputError

NAME_LENGTH: Final = 120
LARGEST_AGREED: Final = 10_000
_SMALLEST_SAMPLED: Final = 2
_SCORES_NOTHING: Final = 2


class Scheme(IntEnum):
    """By which tables a plan samples; the numbers are stored and never change."""

    ATTRIBUTES = 1
    VARIABLES = 2
    ZERO_ACCEPTANCE = 3
    FULL = 4


class DefectClass(IntEnum):
    """How grave a nonconformity is; the numbers are stored and never change."""

    CRITICAL = 1
    MAJOR = 2
    MINOR = 3


@dataclass(frozen=True, slots=True)
class Definition:
    """A version of a plan. `aqls` by class; `start` is the severity of a supplier's first lot. `agreed_size` and `agreed_k` go together."""

    scheme: Scheme
    level: str
    aqls: Mapping[DefectClass, Decimal]
    start: Severity = Severity.NORMAL
    reduced_allowed: bool = False
    skip_allowed: bool = False
    method: Method = Method.S
    agreed_size: int | None = None
    agreed_k: Decimal | None = None

    @property
    def switches(self) -> bool:
        """Whether severity means anything: c = 0 plans and full inspection have one severity alone."""
        return self.scheme in (Scheme.ATTRIBUTES, Scheme.VARIABLES)


def check(definition: Definition) -> None:
    """Raises `InvalidInputError`, `UnknownLevelError`, `UnknownAqlError`."""
    if definition.level not in LEVELS:
        raise UnknownLevelError(tuple(LEVELS))
    if not definition.aqls:
        raise InvalidInputError("A plan needs an AQL for one class of nonconformities at least.", field="aqls")
    allowed = {Scheme.VARIABLES: variables.COLUMNS, Scheme.ZERO_ACCEPTANCE: zero.COLUMNS}.get(definition.scheme, attributes.AQLS)
    if not all(aql in allowed for aql in definition.aqls.values()):
        raise UnknownAqlError(allowed)
    graver = [definition.aqls[kind] for kind in DefectClass if kind in definition.aqls]
    if graver != sorted(graver):
        raise InvalidInputError("A graver class of nonconformities can't have a larger AQL than a lighter one.", field="aqls")
    if definition.start not in (Severity.NORMAL, Severity.TIGHTENED):
        raise InvalidInputError("Inspection begins normal or tightened; reduced is earned by lots.", field="start")
    if definition.reduced_allowed and any(aql > attributes.LARGEST_REDUCED_AQL for aql in definition.aqls.values()):
        raise InvalidInputError("Reduced inspection is told up to AQL 10 only. Leave it out, or use a smaller AQL.", field="reducedAllowed")
    if definition.reduced_allowed and definition.scheme is not Scheme.ATTRIBUTES:
        raise InvalidInputError("Reduced inspection is earned by attributes only: the switching score counts items.", field="reducedAllowed")
    _check_agreed(definition)


def _check_agreed(definition: Definition) -> None:
    size, k = definition.agreed_size, definition.agreed_k
    if (size is None) != (k is None):
        raise InvalidInputError("Agreed sample size and agreed k go together: give both or none.", field="agreedK" if k is None else "agreedSize")
    if size is None or k is None:
        return
    if definition.scheme is not Scheme.VARIABLES:
        raise InvalidInputError("Only a plan by variables takes an agreed sample size and k.", field="agreedSize")
    if not 2 <= size <= LARGEST_AGREED or not -10 <= k <= 10:
        raise InvalidInputError(f"The agreed sample size is from 2 to {LARGEST_AGREED}, the agreed k from -10 to 10.", field="agreedSize")


def encode(definition: Definition) -> str:
    """As it is stored."""
    told: dict[str, Any] = {
        "scheme": int(definition.scheme), "level": definition.level, "start": int(definition.start), "method": int(definition.method),
        "aqls": {str(int(kind)): str(aql) for kind, aql in sorted(definition.aqls.items())}, "reducedAllowed": definition.reduced_allowed,
        "skipAllowed": definition.skip_allowed, "agreedSize": definition.agreed_size,
        "agreedK": None if definition.agreed_k is None else str(definition.agreed_k),
    }  # fmt: skip
    return msgspec.json.encode(told).decode()


def decode(stored: str) -> Definition:
    """From what is stored."""
    told = msgspec.json.decode(stored)
    return Definition(
        Scheme(told["scheme"]), told["level"], {DefectClass(int(kind)): Decimal(aql) for kind, aql in told["aqls"].items()},
        Severity(told["start"]), told["reducedAllowed"], told["skipAllowed"], Method(told["method"]), told["agreedSize"],
        None if told["agreedK"] is None else Decimal(told["agreedK"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassSample:
    """What a class of nonconformities asks for. `accept` and `reject` count nonconforming items; by variables `k` is in their place."""

    kind: DefectClass
    aql: Decimal
    severity: Severity
    code_letter: str
    sample_size: int
    accept: int | None
    reject: int | None
    k: Decimal | None
    method: Method | None
    full: bool


def sample_of(definition: Definition, kind: DefectClass, severity: Severity, lot_size: int) -> ClassSample:
    """What is drawn from a lot for one class. Raises what the schemes raise. A lot of a single item is inspected whole."""
    aql = definition.aqls[kind]
    if lot_size == 1 or definition.scheme is Scheme.FULL:
        return ClassSample(kind, aql, severity, "", lot_size, 0, 1, None, None, full=True)
    if definition.scheme is Scheme.VARIABLES:
        return _by_variables(definition, kind, severity, lot_size)
    if definition.scheme is Scheme.ZERO_ACCEPTANCE:
        plan = zero.plan(lot_size, aql)
    else:
        plan = attributes.single_plan(lot_size, definition.level, aql, severity)
    return ClassSample(kind, aql, severity, plan.code_letter, plan.sample_size, plan.accept, plan.reject, None, None, full=plan.full)


def _by_variables(definition: Definition, kind: DefectClass, severity: Severity, lot_size: int) -> ClassSample:
    aql = definition.aqls[kind]
    if definition.agreed_size is not None and definition.agreed_k is not None:
        found = variables.agreed(lot_size, definition.method, definition.agreed_size, definition.agreed_k)
    else:
        found = variables.plan(lot_size, definition.level, aql, severity, definition.method)
    return ClassSample(kind, aql, severity, found.code_letter, found.sample_size, None, None, found.k, found.method, full=found.full)


def accept_number(definition: Definition, kind: DefectClass, severity: Severity, lot_size: int | None) -> int:
    """The Ac that the switching score asks for; where the lot size isn't known or the scheme has none, one that scores nothing by itself."""
    if definition.scheme is not Scheme.ATTRIBUTES or lot_size is None or lot_size < _SMALLEST_SAMPLED:
        return _SCORES_NOTHING
    return attributes.single_plan(lot_size, definition.level, definition.aqls[kind], severity).accept


def tighter_accepts(definition: Definition, kind: DefectClass, lot_size: int | None, nonconforming: int | None) -> bool | None:
    """Whether a lot would have been accepted with the AQL one step tighter (9.3.3.2.2); None where nobody can tell."""
    tighter = attributes.tighter_by_one(definition.aqls[kind])
    if definition.scheme is not Scheme.ATTRIBUTES or lot_size is None or lot_size < _SMALLEST_SAMPLED or nonconforming is None or tighter is None:
        return None
    return attributes.single_plan(lot_size, definition.level, tighter, Severity.NORMAL).accepts(nonconforming)


def ordered(aqls: Mapping[DefectClass, Decimal]) -> Sequence[DefectClass]:
    """The classes of a plan, gravest first."""
    return sorted(aqls)
