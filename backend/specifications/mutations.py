"""Writing, releasing and withdrawing specifications."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from backend.catalog.mutations import NamesInput
from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.specifications import service
from backend.specifications.characteristics import (
    MOST_CHARACTERISTICS,
    Characteristic,
    CharacteristicKind,
    FailureAction,
    Limit,
    PhotoRule,
    SeverityClass,
    limit_in,
)
from backend.specifications.errors import ImpossibleSpecificationError, SpecificationNotFoundError
from backend.specifications.rules import Kind, Scope
from backend.specifications.types import SpecificationVersion, load_version
from infra.database import TenantTransaction
from tenants.permissions import Permission


@strawberry.input(description="A bound; in the characteristic's unit, or in a unit of its own that measures the same thing.")
class LimitInput:
    """What lies on an inclusive one is inside."""

    value: Decimal
    inclusive: bool = True
    unit: str = ""

    def within(self, unit: str, at: str) -> Limit:
        """In the characteristic's unit."""
        return limit_in(self.value, self.unit, unit, inclusive=self.inclusive, at=at)


@strawberry.input(description="One thing that is looked at, measured or asked of each sample unit.")
class CharacteristicInput:
    """`unit` is a UN/CEFACT Recommendation 20 code, e.g. NA for mg/kg. `choices` and `accepted` are of a CHOICE."""

    code: str
    name: str
    kind: CharacteristicKind
    severity: SeverityClass = SeverityClass.MAJOR
    unit: str = ""
    lower: LimitInput | None = None
    upper: LimitInput | None = None
    target: Decimal | None = None
    choices: list[str] = strawberry.field(default_factory=list)
    accepted: list[str] = strawberry.field(default_factory=list)
    photo: PhotoRule = PhotoRule.NEVER
    method: str = ""
    measurements: int = 1
    samples: int = strawberry.field(default=0, description="On how many sample units; 0 for every unit of the sample.")
    required: bool = True
    guarded: bool = False
    note: str = ""

    def given(self, at: str) -> Characteristic:
        """As it is kept."""
        lower = self.lower.within(self.unit, f"{at}.lower") if self.lower else None
        upper = self.upper.within(self.unit, f"{at}.upper") if self.upper else None
        return Characteristic(
            self.code, self.name, self.kind, self.severity, self.unit, lower, upper, self.target, tuple(self.choices), tuple(self.accepted),
            self.photo, self.method, self.measurements, self.samples, self.required, self.guarded, self.note,
        )  # fmt: skip


@strawberry.input(description="What a specification is for; what is left out is any.")
class SpecificationScopeInput:
    """`product` is a GTIN, parties in any form of their identifier."""

    product: str | None = None
    material: str | None = None
    supplier: str | None = None
    step: str | None = None
    customer: str | None = None
    kind: Kind | None = None

    def given(self) -> Scope:
        """As rules compare it."""
        return Scope(self.product or "", self.material or "", self.supplier or "", self.step or "", self.customer or "", self.kind or 0)


@strawberry.input
class PutSpecificationInput:
    """The draft of a specification that is new by its code, or of another version of it; a draft that is there is written anew."""

    code: str
    names: NamesInput
    characteristics: list[CharacteristicInput]
    scope: SpecificationScopeInput = strawberry.field(default_factory=SpecificationScopeInput)
    on_failure: list[FailureAction] = strawberry.field(default_factory=lambda: [FailureAction.HOLD, FailureAction.ALERT])
    sampling_plan_id: strawberry.ID | None = None
    note: str = ""


@strawberry.input
class ReleaseSpecificationInput:
    """In force from `validFrom` on: now, or a moment to come."""

    specification_id: strawberry.ID
    version: int
    valid_from: datetime | None = None


@strawberry.input
class WithdrawSpecificationInput:
    """Ends it without a successor."""

    specification_id: strawberry.ID
    version: int
    reason: str


@strawberry.type
class SpecificationPayload:
    """The version as it is now, or why nothing was written."""

    user_errors: list[UserError]
    key: strawberry.Private[tuple[UUID, int] | None]

    @field()
    async def version(self, info: Info) -> SpecificationVersion | None:
        """With the specification that it belongs to."""
        return await load_version(info.context, *self.key) if self.key else None


def _payload(done: Done) -> SpecificationPayload:
    key = (UUID(done.reply["specification"]), int(done.reply["version"])) if done.reply else None
    return SpecificationPayload(user_errors=done.user_errors, key=key)


def _plan(public_id: str) -> UUID:
    found = uuid_of(public_id, "SamplingPlan")
    if found is None:
        raise ImpossibleSpecificationError(
            "There is no such sampling plan. Ask for the list of plans and choose one of them.", field="samplingPlanId"
        )
    return found


def _named(public_id: str) -> UUID:
    found = uuid_of(public_id, "Specification")
    if found is None:
        raise SpecificationNotFoundError
    return found


@strawberry.type
class SpecificationMutations:
    """A draft is written as often as need be; what is released never changes."""

    @mutation(description="Write the draft of a specification.", directives=requires(Permission.SPECIFICATIONS_WRITE))
    async def put_specification(
        self, info: Info, given: Annotated[PutSpecificationInput, strawberry.argument(name="input")]
    ) -> SpecificationPayload | None:
        """Refused, naming the field, where nothing could ever meet it."""

        async def use_case(tx: TenantTransaction) -> Reply:
            if len(given.characteristics) > MOST_CHARACTERISTICS:
                told = f"There are {len(given.characteristics)} characteristics; a specification has at most {MOST_CHARACTERISTICS}."
                raise ImpossibleSpecificationError(told, field="characteristics")
            asked = tuple(one.given(f"characteristics[{number}]") for number, one in enumerate(given.characteristics))
            plan_id = _plan(given.sampling_plan_id) if given.sampling_plan_id is not None else None
            draft = service.Draft(asked, plan_id, frozenset(given.on_failure), given.note)
            specification_id, version = await service.put_draft(
                tx, info.context.caller_principal, code=given.code, names=given.names.given(), scope=given.scope.given(), draft=draft
            )
            return {"specification": str(specification_id), "version": version}

        return _payload(await perform(info, given, use_case))

    @mutation(
        description="Release a draft: from then on it never changes, and takes its predecessor's place.",
        directives=requires(Permission.SPECIFICATIONS_WRITE),
    )
    async def release_specification(
        self, info: Info, given: Annotated[ReleaseSpecificationInput, strawberry.argument(name="input")]
    ) -> SpecificationPayload | None:
        """What was judged by its predecessor stays readable as it was."""

        async def use_case(tx: TenantTransaction) -> Reply:
            specification_id = _named(given.specification_id)
            version = await service.release(
                tx, info.context.caller_principal, specification_id=specification_id, version=given.version, valid_from=given.valid_from
            )
            return {"specification": str(specification_id), "version": version.version}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Take a released version out of force, with a reason.", directives=requires(Permission.SPECIFICATIONS_WRITE))
    async def withdraw_specification(
        self, info: Info, given: Annotated[WithdrawSpecificationInput, strawberry.argument(name="input")]
    ) -> SpecificationPayload | None:
        """No older version comes back."""

        async def use_case(tx: TenantTransaction) -> Reply:
            specification_id = _named(given.specification_id)
            version = await service.withdraw(
                tx, info.context.caller_principal, specification_id=specification_id, version=given.version, reason=given.reason
            )
            return {"specification": str(specification_id), "version": version.version}

        return _payload(await perform(info, given, use_case))
