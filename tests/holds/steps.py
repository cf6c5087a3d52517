"""Acts on goods and holds, taken apart into steps: the gate, the deed and the commit, so that two or three run in any order of steps.

A step runs to its end or until it waits for another connection, which is seen in `pg_blocking_pids` and not guessed by time. What waits
goes on by itself once it may. Afterwards the outcome must be the one that the whole acts
have one after the other in the order in which they committed or were refused.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

import asyncpg

from backend.aliases import service as aliases
from backend.events.projection import Source
from backend.holds import service as holds
from backend.services import Services
from backend.shipments import service as shipments
from infra.database import Gate, TenantTransaction
from infra.errors import SuyuanError
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, PLANT, canonical, capture, declared_wrong, lot, made, packed, sscc, transformed
from tests.firms import Firm
from tests.signing import signature_of

ACTS = ("place", "release", "produce", "pack", "unpack", "split", "merge", "alias", "correct", "ship")
EXCLUSIVE = frozenset({"place", "release", "correct"})
# A deadlock is nobody's answer: the use case is done again, as `Database.retrying` does it.
AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_numbers = count(1)
_boxes = count(1_000)
Outcome = tuple[tuple[int, ...], tuple[Any, ...]]
Use = Callable[[TenantTransaction], Awaitable[Any]]


@dataclass
class Scene:
    """Goods of one run: flour F went into dough D; unit U0 of D lies in box B; P, X, S and M are there, and U of P outside of box C.

    Without `place` among the acts F is on hold from the start.
    """

    services: Services
    firm: Firm
    acts: tuple[str, ...]
    number: int = field(default_factory=lambda: next(_numbers))
    placed: dict[str, holds.Hold] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lots = {
            name: lot(gtin, f"{name}{self.number}") for name, gtin in zip("FDPXSM", (FLOUR, DOUGH, DUMPLING, DOUGH, DOUGH, FLOUR), strict=True)
        }
        self.boxes = {name: sscc(next(_boxes)) for name in "BC"}
        self.units = {"U0": f"{self.lots['D']}/21/A{self.number}", "U": f"{self.lots['P']}/21/B{self.number}"}
        self.making = transformed([self.lots["F"]], [self.lots["D"]], 5)

    @property
    def names(self) -> dict[str, str]:
        """Each object's letter by its key."""
        uris = {**self.lots, **self.boxes, **{name: f"{uri.split('/10/')[0]}/21/{uri.rsplit('/', 1)[1]}" for name, uri in self.units.items()}}
        return {uri.removeprefix("https://id.gs1.org/"): name for name, uri in uris.items()}

    async def prepare(self) -> None:
        """Make it so."""
        amounts = [{"epcClass": key, "quantity": 9, "uom": "KGM"} for key in self.lots.values()]
        start = [made([*self.units.values(), *self.boxes.values()], amounts), self.making, packed(self.boxes["B"], [self.units["U0"]], minutes=6)]
        if {"place", "release"} & set(self.acts):
            start.append(transformed([self.lots["D"]], [self.lots["P"]], 7))
        await capture(self.services, self.firm.tenant_id, *start, together=True)
        if "place" not in self.acts or "release" in self.acts:
            self.placed["first"] = await self.services.in_tenant(self.firm.tenant_id, self._place, gate=Gate.EXCLUSIVE)

    def use(self, act: str) -> Use:
        """What an act does, in a transaction that has passed its gate."""
        lots, boxes, units = self.lots, self.boxes, self.units
        told: dict[str, Callable[[], dict[str, Any]]] = {
            "produce": lambda: transformed([lots["D"]], [lots["P"]], 10),
            "pack": lambda: packed(boxes["C"], [units["U"], units["U0"]], minutes=11),
            "unpack": lambda: packed(boxes["B"], [units["U0"]], minutes=12, action="DELETE", bizStep="unpacking"),
            "split": lambda: transformed([lots["D"]], [lots["S"], lots["P"]], 13),
            "merge": lambda: transformed([lots["D"], lots["M"]], [lots["P"]], 14),
            "correct": lambda: declared_wrong(self.making),
        }
        if act in told:
            events = canonical(told[act]())
            return lambda tx: self.services.capture.capture(tx, events, source=Source.EPCIS)
        return {"place": self._place, "release": self._release, "alias": self._alias, "ship": self._ship}[act]

    async def _place(self, tx: TenantTransaction) -> holds.Hold:
        return await holds.place_hold(tx, self.firm.principal, key=self.lots["F"], reason="contaminated")

    async def _release(self, tx: TenantTransaction) -> holds.Hold:
        principal = self.firm.principal
        return await holds.release_hold(tx, principal, hold_id=self.placed["first"].hold_id, reason="tested", signature=signature_of(principal))

    async def _alias(self, tx: TenantTransaction) -> aliases.Alias:
        principal, capturing = self.firm.principal, self.services.capture
        return await aliases.assert_alias(
            tx, principal, capturing, key=self.lots["X"], same_as=self.lots["D"], cause=aliases.AliasCause.RELABELLED, reason="relabelled"
        )

    async def _ship(self, tx: TenantTransaction) -> Any:
        """What the other acts may bring under a hold, or take from under it."""
        goods = {"pack": "C", "unpack": "B", "split": "S", "alias": "X", "correct": "D"}
        wanted = sorted({goods.get(act, "P") for act in self.acts if act != "ship"} or {"P"})
        lines = [
            shipments.ShipLine(self.boxes[name]) if name in self.boxes else shipments.ShipLine(self.lots[name], Decimal(1), "KGM") for name in wanted
        ]
        order = shipments.ShipOrder(lines=lines, from_place=PLANT, to_party=CUSTOMER)
        return await shipments.ship(tx, self.firm.principal, self.services.capture, order, source=Source.COMMAND)

    async def outcome(self, answers: Sequence[str]) -> tuple[Any, ...]:
        """All that can be seen afterwards: each act's answer, what is held and why, what left, which alerts there are."""
        names = self.names
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            rows = await tx.fetch("select object_id, key from traceable_object where tenant_id = $1 and key = any($2::text[])", list(names))
            held = []
            for row in rows:
                for cause in await holds.why_held(tx, [row["object_id"]]):
                    first = cause.hold_id == self.placed["first"].hold_id if self.placed else False
                    root = names.get(cause.root_key, "?")
                    held.append((names[row["key"]], names.get(cause.held_key, "?"), root, "first" if first else "second", cause.correction_pending))
            prefix = [f"%{key}" for key in names]
            alerts = await tx.fetch("select kind, subject from alert where tenant_id = $1 and subject like any($2::text[])", prefix)
            told = sorted((row["kind"], names[row["subject"].removeprefix("https://id.gs1.org/")]) for row in alerts)
            left = await tx.fetch(
                """select o.key from shipment s join event_object p on p.tenant_id = $1 and p.event_id = s.shipment_id
                   join traceable_object o on o.tenant_id = $1 and o.object_id = p.object_id
                   where s.tenant_id = $1 and s.superseded_by is null and o.key = any($2::text[])""",
                list(names),
            )
            shipped = sorted(names[row["key"]] for row in left)
            await self._nothing_escapes(tx, {one[1] for one in held})
        return tuple(sorted(answers)), tuple(sorted(set(held))), tuple(shipped), tuple(told)

    async def _nothing_escapes(self, tx: TenantTransaction, held: set[str]) -> None:
        """Reckoned from the tables by itself: a hold in force reaches all that hangs on its root, and none reaches anything without one."""
        names = self.names
        holding = await tx.fetch(
            """select o.key from hold h join traceable_object o on o.tenant_id = $1 and o.object_id = h.object_id
               where h.tenant_id = $1 and h.status = 1 and o.key = any($2::text[])""",
            list(names),
        )
        links = await tx.fetch(
            """select p.key as parent, c.key as child from lot_link l
               join traceable_object p on p.tenant_id = $1 and p.object_id = l.parent_id
               join traceable_object c on c.tenant_id = $1 and c.object_id = l.child_id where l.tenant_id = $1 and l.superseded_by is null
               union all
               select l.key, u.key from unit_membership m join traceable_object l on l.tenant_id = $1 and l.object_id = m.lot_id
               join traceable_object u on u.tenant_id = $1 and u.object_id = m.unit_id where m.tenant_id = $1 and m.superseded_by is null"""
        )
        reached = {row["key"] for row in holding}
        while more := {row["child"] for row in links if row["parent"] in reached} - reached:
            reached |= more
        assert {names[key] for key in reached if key in names} <= held
        assert holding or not held

    async def end(self) -> None:
        """No hold of this run is left for the next."""
        async with self.services.database.tenant(self.firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
            await tx.execute("update hold set status = 2 where tenant_id = $1 and status = 1")


class Actor:
    """One connection that does an act step by step. A step that waits goes on in its own task; those after it follow by themselves."""

    def __init__(self, scene: Scene, act: str, ended: Callable[[], None]) -> None:
        self._scene, self._act, self._ended = scene, act, ended
        self._gate = Gate.EXCLUSIVE if act in EXCLUSIVE else Gate.SHARED
        self._stack = AsyncExitStack()
        self._tx: TenantTransaction | None = None
        self._next = 0
        self._last: asyncio.Task[None] | None = None
        self.answer = ""
        self.again = False

    @property
    def waiting(self) -> bool:
        """Whether a step of it is under way."""
        return self._last is not None and not self._last.done()

    def step(self) -> asyncio.Task[None]:
        """Begin the next step, behind the one that may be waiting."""
        before, place = self._last, self._next
        self._next += 1
        self._last = asyncio.create_task(self._do(before, place))
        return self._last

    async def _do(self, before: asyncio.Task[None] | None, place: int) -> None:
        if before is not None:
            await before
        if self.answer or self.again:
            return
        try:
            await (self._begin, self._deed, self._commit)[place]()
        except AGAIN as problem:
            self.again = True
            await self._stack.__aexit__(type(problem), problem, None)
        except SuyuanError as refusal:
            await self._stack.__aexit__(type(refusal), refusal, None)
            self._end(refusal.code)

    async def _begin(self) -> None:
        database = self._scene.services.database
        self._tx = await self._stack.enter_async_context(database.tenant(self._scene.firm.tenant_id, gate=self._gate, timeout_ms=20_000))

    async def _deed(self) -> None:
        assert self._tx is not None
        await self._scene.use(self._act)(self._tx)

    async def _commit(self) -> None:
        await self._stack.aclose()
        self._end("done")

    def _end(self, answer: str) -> None:
        self.answer = f"{self._act}: {answer}"
        self._ended()

    async def finish(self) -> None:
        """Do what is left, and after a deadlock all of it again."""
        while self._next < 3:
            self.step()
        assert self._last is not None
        await self._last
        if self.again:
            try:
                await self._scene.services.in_tenant(self._scene.firm.tenant_id, self._scene.use(self._act), gate=self._gate)
                self._end("done")
            except SuyuanError as refusal:
                self._end(refusal.code)


async def run(services: Services, firm: Firm, admin: asyncpg.Connection, acts: tuple[str, ...], order: Sequence[int]) -> Outcome:
    """Do the acts in an order of steps (the acts' places, each three times): the order in which they ended, and what came out."""
    scene = Scene(services, firm, acts)
    await scene.prepare()
    ended: list[int] = []
    actors = [Actor(scene, act, partial(ended.append, place)) for place, act in enumerate(acts)]
    for place in order:
        if not actors[place].waiting:
            await _until_it_waits(admin, actors[place].step(), sum(actor.waiting for actor in actors))
        else:
            actors[place].step()
    await asyncio.gather(*(actor.finish() for actor in actors))
    outcome = await scene.outcome([actor.answer for actor in actors])
    await scene.end()
    return tuple(ended), outcome


async def _until_it_waits(admin: asyncpg.Connection, task: asyncio.Task[None], waiting: int) -> None:
    """Until the step is done, or so many of this database's connections as have a step under way wait for another one."""
    for _ in range(4_000):
        if task.done():
            return
        blocked = await admin.fetchval(
            """select count(*) from pg_stat_activity
               where datname = current_database() and wait_event_type = 'Lock' and cardinality(pg_blocking_pids(pid)) > 0"""
        )
        if blocked >= waiting:
            return
        await asyncio.sleep(0.002)
    raise AssertionError("neither done nor waiting")
