"""Asking where it went wrong."""

from datetime import datetime
from typing import Annotated

import strawberry

from backend.analysis import anomalies as distributions
from backend.analysis import service
from backend.analysis.factors import FactorKind
from backend.analysis.populations import Asked
from backend.analysis.types import AnomalyDistribution, BadGoodsInput, Explanation
from backend.catalog.loaders import sites_for
from backend.catalog.sites import Sites, narrower
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.holds.errors import HoldNotFoundError
from backend.identifiers import InvalidIdentifierError, parse_identifier
from backend.nonconformance.errors import NonconformanceNotFoundError
from infra.errors import InvalidInputError
from tenants.permissions import Permission

_COST = Cost(weight=500)


@strawberry.type
class AnalysisQueries:
    """Both need `trace.read` beside `quality.read`, and tell of what both are allowed at."""

    @field(
        description="What was found wrong in a time, by what the goods concerned have in common. Needs trace.read besides, and tells of holds "
        "where holds.read is there.",
        directives=requires(Permission.QUALITY_READ, _COST),
    )
    async def anomalies(
        self,
        info: Info,
        since: Annotated[datetime, strawberry.argument(name="from")],
        until: Annotated[datetime, strawberry.argument(name="to")],
        by: FactorKind,
        *,
        product: str | None = None,
        values: int = 20,
    ) -> AnomalyDistribution | None:
        """At most `values` (1 to 100) values, those that came up most first."""
        principal, sites, gtin = info.context.caller_principal, await _sites(info.context), _gtin(product)
        async with info.context.reading() as tx:
            found = await distributions.distribution(
                tx, principal, since=since, until=until, by=by, gtin=gtin, sites=sites, most=_bounded(values, "values", distributions.MOST_VALUES)
            )
        return AnomalyDistribution.of(found)

    @field(
        description="What explains bad goods best: ancestors and conditions that they share and good ones lack, ranked. Needs trace.read "
        "besides, and holds.read for the goods of a hold.",
        directives=requires(Permission.QUALITY_READ, _COST),
    )
    async def explain(self, info: Info, bad: BadGoodsInput, *, candidates: int = 10) -> Explanation | None:
        """At most `candidates` (1 to 50). A cause is a proposal, to be checked on the floor."""
        principal, sites = info.context.caller_principal, await _sites(info.context)
        asked, most = _asked(bad), _bounded(candidates, "candidates", service.MOST_CANDIDATES)
        async with info.context.reading() as tx:
            found = await service.explain(tx, principal, asked, most=most, sites=sites)
        return Explanation.of(found, chinese=info.context.language == "zh")


def _asked(bad: BadGoodsInput) -> Asked:
    hold_id = uuid_of(bad.hold_id, "Hold") if bad.hold_id is not None else None
    if bad.hold_id is not None and hold_id is None:
        raise HoldNotFoundError
    nonconformance_id = uuid_of(bad.nonconformance_id, "Nonconformance") if bad.nonconformance_id is not None else None
    if bad.nonconformance_id is not None and nonconformance_id is None:
        raise NonconformanceNotFoundError
    return Asked(tuple(bad.keys), hold_id, nonconformance_id, bad.failed_inspections, bad.since, bad.until, _gtin(bad.product))


async def _sites(context: Context) -> Sites | None:
    """Where both permissions count; whoever has them at different sites is told of those of the narrower one alone."""
    context.caller_principal.require(Permission.TRACE_READ)
    return narrower(await sites_for(context, Permission.TRACE_READ), await sites_for(context, Permission.QUALITY_READ))


def _gtin(text: str | None) -> str | None:
    """A product as the goods name it; under any other text nothing is known."""
    if text is None:
        return None
    try:
        found = parse_identifier(text.strip())
    except InvalidIdentifierError:
        digits = text.strip()
        return digits.zfill(14) if digits.isascii() and digits.isdigit() and len(digits) <= 14 else digits
    return found.gtin or found.key


def _bounded(value: int, name: str, most: int) -> int:
    if not 1 <= value <= most:
        raise InvalidInputError(f"“{name}” is {value}; it must be from 1 to {most}.", field=name)
    return value
