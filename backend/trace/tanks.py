"""What draws from tanks took by the policy that the reader has chosen. It shapes certainty and quantities of an answer, never its reach."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from backend.balance.service import TankDraw, tank_shares
from backend.balance.tanks import TankPolicy
from backend.catalog.sites import Sites
from backend.events.lookup_service import events_at
from backend.genealogy import query_service as genealogy
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.trace.errors import TraceTooLargeError
from backend.trace.rules import Doubt, Link
from infra.database import TenantTransaction

# Each tank's story is read by itself.
MOST_TANKS: Final = 50
_INTO: Final = frozenset({LinkKind.CONTENT, LinkKind.RESIDUE})


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one content a draw took; None where the policy, or an event at another site, doesn't tell."""

    thing: TraceableObject
    quantity: Decimal | None
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Draw:
    """What a transformation took from a tank. `by_policy` is false where a quantity that the policy needs isn't told.

    An empty `uom` counts pieces.
    """

    tank: TraceableObject
    node: TraceableObject
    at: datetime
    quantity: Decimal | None
    uom: str
    by_policy: bool
    shares: tuple[Share, ...]


@dataclass(slots=True)
class Tanks:
    """The tanks of one trace and what was drawn from them, read once; `draws` are by (tank's state, transformation)."""

    policy: TankPolicy
    until: datetime | None
    draws: dict[int, TankDraw]
    tank_of: dict[int, int]

    @classmethod
    async def read(cls, tx: TenantTransaction, links: Sequence[Link], policy: TankPolicy, until: datetime | None) -> "Tanks":
        """Of the states that these links lead through. Raises `TraceTooLargeError` for more than 50 tanks."""
        users = {link.parent_id: link.child_id for link in links if link.kind is LinkKind.INPUT}
        used = await genealogy.containers_of(tx, users.keys())
        kinds = await objects.load(tx, {tank for tank, _ in used.values()})
        tank_of = {state: tank for state, (tank, _) in used.items() if tank in kinds and kinds[tank].kind is ObjectKind.TANK}
        if len(set(tank_of.values())) > MOST_TANKS:
            raise TraceTooLargeError(f"The trace leads through more than {MOST_TANKS} tanks. Ask without a policy, or nearer.", field="tankPolicy")
        nodes: dict[int, set[int]] = defaultdict(set)
        for state, tank in tank_of.items():
            nodes[tank].add(users[state])
        told = {(tank, draw.node_id): draw for tank, wanted in nodes.items() for draw in await tank_shares(tx, tank, policy, until, nodes=wanted)}
        draws = {state: told[tank, users[state]] for state, tank in tank_of.items() if (tank, users[state]) in told}
        return cls(policy, until, draws, tank_of)

    def apply(self, links: Sequence[Link]) -> list[Link]:
        """The links with the policy's certainty and shares. What an earlier draw left in the tank is possible in later ones, unless all
        since the cleaning counts: how much of it there is, the draws tell."""
        everything = self.policy is TankPolicy.EVERYTHING_SINCE_CLEANING
        return [link if link.kind not in _INTO or link.child_id not in self.tank_of or everything else self._by_policy(link) for link in links]

    def _by_policy(self, link: Link) -> Link:
        draw = self.draws.get(link.child_id)
        share = next((share for share in draw.shares if share.content_id == link.parent_id), None) if draw else None
        if draw is None or share is None or link.parent_id in self.tank_of:
            return _possible(link)
        shared = replace(link, quantity=share.quantity, uom=draw.uom or None, allocated=True) if share.quantity is not None else link
        return shared if share.certainty is Certainty.CERTAIN else _possible(shared)


def joined(read: Sequence[Tanks]) -> Tanks | None:
    """Those of both ways together."""
    if not read:
        return None
    draws = {state: draw for one in read for state, draw in one.draws.items()}
    return Tanks(read[0].policy, read[0].until, draws, {state: tank for one in read for state, tank in one.tank_of.items()})


def _possible(link: Link) -> Link:
    return link if link.doubt else replace(link, certainty=Certainty.POSSIBLE, doubt=Doubt.TANK_POLICY)


async def draws_of(tx: TenantTransaction, tanks: Tanks, nodes: Collection[int], sites: Sites | None) -> list[Draw]:
    """The draws of the trace's transformations, oldest first; of one at other sites no quantity is told."""
    told = {(tanks.tank_of[state], draw.number): draw for state, draw in tanks.draws.items() if draw.node_id in nodes}
    here = await events_at(tx, {draw.event_id for draw in told.values()}, sites)
    ids = {tank for tank, _ in told} | {draw.node_id for draw in told.values() if draw.node_id is not None}
    things = await objects.load(tx, ids | {share.content_id for draw in told.values() for share in draw.shares})
    found = []
    for (tank, _), draw in told.items():
        if draw.node_id is None:
            continue
        seen = draw.event_id in here and sites is None
        shares = tuple(Share(things[one.content_id], one.quantity if seen else None, one.certainty) for one in draw.shares)
        quantity = draw.quantity if draw.event_id in here else None
        found.append(Draw(things[tank], things[draw.node_id], draw.at, quantity, draw.uom, draw.by_policy, shares))
    return sorted(found, key=lambda draw: (draw.at, draw.tank.key, draw.node.key))
