"""What a hold stands on, as GraphQL asks for it and shows it."""

from datetime import datetime

import strawberry

from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.holds.scopes import HoldCauseKind, Scope, ScopeKind
from infra.errors import InvalidInputError
from tenants.permissions import Permission

strawberry.enum(HoldCauseKind, name="HoldOriginKind", description="What made somebody, or the service, place a hold.")
strawberry.enum(ScopeKind, name="HoldScopeKind", description="What kind of things a hold stands on.")


@strawberry.input(description="Everything that a supplier delivered, or only what of it is of one product, by the time of the events.")
class SupplierScopeInput:
    """`party` is the supplier's URI, `product` a GTIN or an identifier that holds one. Without `until` the hold goes on with what comes."""

    party: str
    product: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@strawberry.input(description="Everything that passed a machine, line, tank or station: named as a place, by an extension or as a sensor's device.")
class EquipmentScopeInput:
    """Without `until` the hold goes on with what comes."""

    equipment: str
    since: datetime | None = None
    until: datetime | None = None


@strawberry.input(description="Everything that went through a business step, anywhere or at one place.")
class StepScopeInput:
    """`step` is a CBV word or a URI, `place` a location's URI. Without `until` the hold goes on with what comes."""

    step: str
    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@strawberry.input(one_of=True, description="What a hold stands on: exactly one of these.")
class HoldScopeInput:
    """`objects` are identifiers in any form, or bare codes that are unique."""

    objects: list[str] | None = strawberry.UNSET
    supplier: SupplierScopeInput | None = strawberry.UNSET
    equipment: EquipmentScopeInput | None = strawberry.UNSET
    step: StepScopeInput | None = strawberry.UNSET

    def scope(self) -> Scope:
        """The same as the service takes it."""
        if self.objects:
            return Scope.of_objects(*self.objects)
        if self.supplier:
            one = self.supplier
            return Scope.of_supplier(one.party, gtin=one.product, since=one.since, until=one.until)
        if self.equipment:
            return Scope.of_equipment(self.equipment.equipment, since=self.equipment.since, until=self.equipment.until)
        if self.step:
            return Scope.of_step(self.step.step, place=self.step.place, since=self.step.since, until=self.step.until)
        raise InvalidInputError("Say on what the hold is to stand: objects, a supplier, equipment or a step.", field="scope")


def scope_from(key: str | None, scope: HoldScopeInput | None) -> Scope:
    """What the input names: either a `key` or a `scope`."""
    if (key is None) == (scope is None):
        raise InvalidInputError("Give either “key” or “scope”: one object, or whatever else the hold stands on.", field="scope")
    return scope.scope() if scope is not None else Scope.of_objects(key or "")


@strawberry.type(description="What a hold stands on, as declared; of objects, they are its `roots`.", directives=requires(Permission.HOLDS_READ))
class HoldScope:
    """`running`: what comes may still fall into it."""

    kind: ScopeKind
    party: str | None
    gtin: str | None
    equipment: str | None
    step: str | None
    place: str | None
    since: datetime | None
    until: datetime | None
    running: bool

    @classmethod
    def of(cls, scope: Scope, now: datetime) -> "HoldScope":
        """From the stored one."""
        return cls(
            kind=scope.kind, party=scope.party, gtin=scope.gtin, equipment=scope.equipment, step=scope.step, place=scope.place,
            since=scope.since, until=scope.until, running=scope.is_window and scope.end > now,
        )  # fmt: skip

    @field(description="The catalogue's entry for the supplier.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)

    @field(description="The catalogue's entry for the product.")
    async def product(self, info: Info) -> Product | None:
        """As it is today."""
        return await load_product(info.context, self.gtin)

    @field(description="The catalogue's entry for the place.")
    async def location(self, info: Info) -> Location | None:
        """As it is today."""
        return await load_location(info.context, self.place)
