"""What explains a set of bad goods best: the factors that they have in common more often than chance would have it."""

from dataclasses import dataclass
from typing import Final

from backend.analysis.factors import Ranking, rank
from backend.analysis.populations import Asked, Population, numbers, population
from backend.analysis.walking import Walk, walk
from backend.catalog.sites import Sites, narrower, sites_of
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_CANDIDATES: Final = 50


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was compared, and the candidates, best first."""

    population: Population
    walk: Walk
    ranking: Ranking


async def explain(tx: TenantTransaction, principal: Principal, asked: Asked, *, most: int, sites: Sites | None) -> Explanation:
    """Hold bad goods against good ones of the same products and time, and rank what sets them apart. Reads only.

    What `sites` don't meet is neither compared nor named. Raises what `population` and `walk` raise.
    """
    principal.require(Permission.TRACE_READ)
    principal.require(Permission.QUALITY_READ)
    if asked.hold_id is not None:
        sites = narrower(sites, await sites_of(tx, principal, Permission.HOLDS_READ))
    await tx.plan_for_any_tenant()
    compared = await population(tx, asked, sites)
    goods = (*compared.bad, *compared.good)
    walked = await walk(tx, goods, sites)
    ranking = rank(walked.factors, numbers(goods, compared.bad), len(goods), most=min(most, MOST_CANDIDATES))
    return Explanation(compared, walked, ranking)
