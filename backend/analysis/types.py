"""Analyses as GraphQL shows them."""

from collections.abc import Mapping
from datetime import datetime

import strawberry
from strawberry import ID

from backend.analysis import service
from backend.analysis.anomalies import AnomalyKind, Distribution, Share
from backend.analysis.factors import Candidate, Factor, FactorKind
from backend.graphql.directives import requires
from tenants.permissions import Permission

strawberry.enum(FactorKind, name="AnalysisFactorKind", description="What goods can have in common.")
strawberry.enum(AnomalyKind, description="What was found wrong.")


@strawberry.input
class BadGoodsInput:
    """Say in exactly one way which goods are bad; `from`, `to` and `product` narrow them and those they are compared with.

    With `failedInspections` the time is that of the inspections, and the good ones are those that passed; else it is when the goods were
    first met, and without it a week before the first to a week after the last of the bad ones.
    """

    keys: list[str] = strawberry.field(default_factory=list, description="Lots or units in any form of an identifier, 300 at most.")
    hold_id: ID | None = strawberry.field(default=None, description="The goods that this hold names.")
    nonconformance_id: ID | None = strawberry.field(default=None, description="The goods of this nonconformance.")
    failed_inspections: bool = strawberry.field(default=False, description="All goods whose inspections failed from `from` to `to`.")
    since: datetime | None = strawberry.field(default=None, name="from")
    until: datetime | None = strawberry.field(default=None, name="to")
    product: str | None = strawberry.field(default=None, description="A GTIN.")


@strawberry.type(description="One thing that goods have in common.", directives=requires(Permission.QUALITY_READ))
class AnalysisFactor:
    """`value` is a key, a URI or a text; `step` the business step at which it was so. A band of a parameter is above `low`, up to `high`."""

    kind: FactorKind
    value: str
    step: str | None
    low: float | None
    high: float | None
    unit: str | None

    @classmethod
    def of(cls, factor: Factor) -> "AnalysisFactor":
        """From the one found."""
        return cls(kind=factor.kind, value=factor.value, step=factor.step or None, low=factor.low, high=factor.high, unit=factor.unit or None)


@strawberry.type(description="What may explain the bad goods.", directives=requires(Permission.QUALITY_READ))
class AnalysisCandidate:
    """`factors` cover exactly the same goods: the data can't tell them apart. The four counts are those of the test.

    `pValue` is of Fisher's exact test, one-sided; `qValue` adjusted for all that was tested (Benjamini and Hochberg). `lift`: how many times
    as often a covered one is bad. `alike`: ranks, from 1, of candidates before it that cover nearly the same bad goods. `confounding` says it.
    """

    rank: int
    factors: list[AnalysisFactor]
    factor_count: int
    bad: int
    good: int
    bad_others: int
    good_others: int
    lift: float
    p_value: float
    q_value: float
    alike: list[int]
    confounding: str | None

    @classmethod
    def of(cls, rank: int, found: Candidate, *, chinese: bool) -> "AnalysisCandidate":
        """From the one found."""
        return cls(
            rank=rank, factors=[AnalysisFactor.of(each) for each in found.factors], factor_count=found.factor_count, bad=found.bad,
            good=found.good, bad_others=found.bad_others, good_others=found.good_others, lift=found.lift, p_value=found.p, q_value=found.q,
            alike=[place + 1 for place in found.alike], confounding=_confounding(found, chinese=chinese),
        )  # fmt: skip


@strawberry.type(description="What sets bad goods apart from good ones.", directives=requires(Permission.QUALITY_READ))
class Explanation:
    """Of `badTotal` and `goodTotal` goods `bad` and `good` were compared: where these are fewer, they are samples at even distances.

    `tested` sets of goods were tested; `eventsLeftOut` events on the way weren't read, those that concern the fewest goods.
    """

    bad: int
    bad_total: int
    good: int
    good_total: int
    tested: int
    events_left_out: int
    candidates: list[AnalysisCandidate]

    @classmethod
    def of(cls, found: service.Explanation, *, chinese: bool) -> "Explanation":
        """From the one found."""
        compared = found.population
        return cls(
            bad=len(compared.bad), bad_total=compared.bad_of, good=len(compared.good), good_total=compared.good_of, tested=found.ranking.tested,
            events_left_out=found.walk.events_left_out,
            candidates=[AnalysisCandidate.of(rank, each, chinese=chinese) for rank, each in enumerate(found.ranking.candidates, 1)],
        )  # fmt: skip


@strawberry.type(description="How many anomalies of a kind.", directives=requires(Permission.QUALITY_READ))
class AnomalyCount:
    """One kind."""

    kind: AnomalyKind
    count: int


@strawberry.type(description="How many anomalies have a value in common.", directives=requires(Permission.QUALITY_READ))
class AnomalyShare:
    """`share` is of those that could be laid over the genealogy."""

    factor: AnalysisFactor
    count: int
    share: float
    kinds: list[AnomalyCount]

    @classmethod
    def of(cls, found: Share, placed: int) -> "AnomalyShare":
        """From the one found."""
        return cls(factor=AnalysisFactor.of(found.factor), count=found.count, share=found.count / placed, kinds=_counts(found.kinds))


@strawberry.type(description="Anomalies of a time, by what their goods have in common.", directives=requires(Permission.QUALITY_READ))
class AnomalyDistribution:
    """`placed` of `total` are about lots or units; `more`: there are more than one question reads, and the newest were taken."""

    total: int
    placed: int
    kinds: list[AnomalyCount]
    shares: list[AnomalyShare]
    more: bool

    @classmethod
    def of(cls, found: Distribution) -> "AnomalyDistribution":
        """From the one found."""
        shares = [AnomalyShare.of(each, found.placed) for each in found.shares]
        return cls(total=found.total, placed=found.placed, kinds=_counts(found.totals), shares=shares, more=found.more)


def _counts(kinds: Mapping[AnomalyKind, int]) -> list[AnomalyCount]:
    return [AnomalyCount(kind=kind, count=count) for kind, count in kinds.items()]


def _confounding(found: Candidate, *, chinese: bool) -> str | None:
    """Said plainly: what the data can't tell apart."""
    parts = []
    if found.factor_count > 1:
        covered = found.bad + found.good
        same = f"{found.factor_count} 个因素覆盖同样的 {covered} 件" if chinese else f"{found.factor_count} factors cover the same {covered} goods"
        parts.append(same)
    if found.alike:
        ranks = ", ".join(f"{place + 1}" for place in found.alike)
        parts.append(f"与第 {ranks} 位的不良品几乎相同" if chinese else f"nearly the same bad goods as number {ranks}")
    if not parts:
        return None
    told = ("；" if chinese else "; ").join(parts)
    return f"{told}：数据无法区分。" if chinese else f"{told[0].upper()}{told[1:]}: the data can't tell them apart."
