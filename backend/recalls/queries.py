"""Reading recall cases, and the table of the law."""

from datetime import date
from typing import Annotated, Final

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.objects import service as objects
from backend.recalls import clocks, kinds, query_service
from backend.recalls.clock_types import RecallLegalDuty
from backend.recalls.clocks import LAW
from backend.recalls.law import duties_for
from backend.recalls.texts import TITLE, countries_of, text_of
from backend.recalls.types import SEVERAL, RecallCase, load_case
from infra.errors import InvalidInputError
from tenants.permissions import Permission

_READ: Final = requires(Permission.RECALLS_READ)
_GTIN: Final = 14


@strawberry.input
class RecallFilter:
    """What is left out doesn't matter. `text` is looked for in number, title, reason, hazard and products.

    `goods` is any form of an identifier of something in a frozen scope, `product` a GTIN in one; `reference` the public id of what told of
    the case or belongs to it. `grown`: late events wait for an extension or a reopening.
    """

    open_only: bool = True
    states: list[kinds.RecallState] | None = None
    drill: bool | None = None
    grown: bool | None = None
    text: str | None = None
    goods: str | None = None
    product: str | None = None
    reference: str | None = None


@strawberry.type(description="The days on which a country doesn't work, or works though it is a weekend.")
class RecallCountryDays:
    """`country` as in ISO 3166, "EU" for the Union's law."""

    country: str
    days: list[date] = strawberry.field(directives=(ListSize(assumed_size=40),))


@strawberry.type(description="How the company counts periods of the law. Without days of its own, weekends alone don't count.")
class RecallPolicy:
    """`targetHours` is what “without delay” means here."""

    target_hours: int
    time_zone: str
    holidays: list[RecallCountryDays] = strawberry.field(directives=(SEVERAL,))
    workdays: list[RecallCountryDays] = strawberry.field(directives=(SEVERAL,))

    @classmethod
    def of(cls, policy: clocks.Policy, time_zone: str) -> "RecallPolicy":
        """From the stored one."""
        return cls(
            target_hours=policy.target_hours, time_zone=time_zone,
            holidays=[RecallCountryDays(country=country, days=days) for country, days in sorted(policy.holidays.items())],
            workdays=[RecallCountryDays(country=country, days=days) for country, days in sorted(policy.workdays.items())],
        )  # fmt: skip


@strawberry.type
class RecallQueries:
    """Recalls are the whole company's: nobody reads them for some sites only."""

    @field(description="Recall cases and drills, newest first.", directives=_READ)
    async def recalls(
        self,
        info: Info,
        *,
        filter: RecallFilter | None = None,  # noqa: A002 - as the other lists call it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallCase]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, asked = page.uuid(), filter or RecallFilter()
        if asked.states is not None and len(asked.states) > len(kinds.RecallState):
            raise InvalidInputError("“filter.states” names more than there are.", field="filter.states")
        text = text_of(asked.text or "", "filter.text", TITLE, required=False) or None
        reference = text_of(asked.reference or "", "filter.reference", TITLE, required=False) or None
        gtin = text_of(asked.product or "", "filter.product", _GTIN, required=False).zfill(_GTIN) if asked.product else None
        async with info.context.reading() as tx:
            goods = (await objects.find(tx, asked.goods)).object_id if asked.goods is not None else None
            wanted = query_service.Wanted(asked.open_only, asked.states, asked.drill, asked.grown, text, reference, goods, gtin)
            rows = await query_service.page_of_cases(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallCase.of, cursor=lambda row: str(row.case_id))

    @field(description="A recall case by its id; null where there is none.", directives=_READ)
    async def recall(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> RecallCase | None:
        """The same as `node`."""
        return await load_case(info.context, uuid_of(public_id, "RecallCase"))

    @field(
        description="What the law wants of a recall by country, sector and class, with the articles. No legal advice.",
        directives=requires(Permission.RECALLS_READ, ListSize(assumed_size=30)),
    )
    def recall_law(
        self, countries: list[str], sector: kinds.Sector, recall_class: kinds.RecallClass, decision: kinds.RecallDecision | None = None
    ) -> list[RecallLegalDuty]:
        """Before anything is opened, or decided."""
        wanted = decision or kinds.RecallDecision.RECALL
        found = duties_for(LAW, countries=countries_of(countries), sector=sector, recall_class=recall_class, decision=wanted)
        return [RecallLegalDuty.of(one) for one in found]

    @field(description="How the company counts periods of the law.", directives=_READ)
    async def recall_policy(self, info: Info) -> RecallPolicy:
        """The company's own, or the usual one."""
        async with info.context.reading() as tx:
            policy, zone = await clocks.policy_of(tx), await clocks.zone_of(tx)
        return RecallPolicy.of(policy, zone.key)
