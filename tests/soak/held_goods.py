"""Who may ship what, told in plain Python from the same facts: the reference against which the product's refusals are held."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Made:
    """A transformation of lots, in force unless corrected."""

    key: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Packed:
    """Units put into a pallet or taken out, as of a time."""

    at: float
    pallet: str
    units: tuple[str, ...]
    inside: bool


@dataclass(frozen=True)
class Corrected:
    """A transformation that never was."""

    key: str


@dataclass(frozen=True)
class Same:
    """Two lots declared to be the same, for good."""

    first: str
    second: str


@dataclass(frozen=True)
class Delivered:
    """Lots that came from a supplier."""

    supplier: str
    lots: tuple[str, ...]


Fact = Made | Packed | Corrected | Same | Delivered


@dataclass
class Held:
    """A hold in force: its root, what a correction left pending under it, and its cuts. One on a supplier stands on all that came from there."""

    root: str
    pending: set[str] = field(default_factory=set)
    cuts: set[str] = field(default_factory=set)
    supplier: str = ""


@dataclass
class World:
    """What is so after some facts. `lot_of` tells each unit's lot."""

    lot_of: dict[str, str]
    facts: list[Fact]

    def __post_init__(self) -> None:
        wrong = {fact.key for fact in self.facts if isinstance(fact, Corrected)}
        self.made = [fact for fact in self.facts if isinstance(fact, Made) and fact.key not in wrong]
        self.same = {pair for fact in self.facts if isinstance(fact, Same) for pair in ((fact.first, fact.second), (fact.second, fact.first))}
        last: dict[tuple[str, str], Packed] = {}
        for fact in sorted((fact for fact in self.facts if isinstance(fact, Packed)), key=lambda fact: fact.at):
            for unit in fact.units:
                last[fact.pallet, unit] = fact
        self.inside = {pair for pair, fact in last.items() if fact.inside}

    def contents(self, things: Iterable[str]) -> set[str]:
        """The things and what lies in them."""
        given = set(things)
        return given | {unit for pallet, unit in self.inside if pallet in given}

    def upstream(self, things: Iterable[str], stop_at: Collection[str]) -> set[str]:
        """The things, their lots, and all that they came from; nothing through `stop_at`."""
        found: set[str] = set()
        waiting = [thing for thing in things if thing not in stop_at]
        while waiting:
            thing = waiting.pop()
            if thing in found:
                continue
            found.add(thing)
            parents = {parent for made in self.made if thing in made.outputs for parent in made.inputs}
            parents |= {self.lot_of[thing]} if thing in self.lot_of else set()
            parents |= {other for one, other in self.same if one == thing}
            waiting += [parent for parent in parents if parent not in stop_at]
        return found

    def downstream(self, things: Iterable[str], stop_at: Collection[str]) -> set[str]:
        """The things and all that was made from them; nothing through `stop_at`."""
        found: set[str] = set()
        waiting = [thing for thing in things if thing not in stop_at]
        while waiting:
            thing = waiting.pop()
            if thing not in found:
                found.add(thing)
                waiting += [child for made in self.made if thing in made.inputs for child in made.outputs if child not in stop_at]
                waiting += [other for one, other in self.same if one == thing and other not in stop_at]
        return found

    def roots(self, hold: Held) -> set[str]:
        """All that a hold stands on, and what is pending under it."""
        came = {lot for fact in self.facts if isinstance(fact, Delivered) and fact.supplier == hold.supplier for lot in fact.lots}
        return (({hold.root} if hold.root else set()) | came | hold.pending) - hold.cuts

    def reach(self, hold: Held) -> set[str]:
        """All that a hold reaches downwards."""
        return self.downstream(self.contents(self.roots(hold)), hold.cuts)

    def stops(self, hold: Held, goods: Iterable[str]) -> bool:
        """Whether a hold keeps these goods from leaving."""
        up = self.upstream(self.contents(goods), hold.cuts)
        return bool(up & self.roots(hold)) or (hold.root not in hold.cuts and any((hold.root, unit) in self.inside for unit in up))


class Authority:
    """The holds in force, as placing, releasing and correcting change them one after the other."""

    def __init__(self) -> None:
        self.holds: dict[str, Held] = {}

    def place(self, name: str, root: str) -> None:
        """A new hold."""
        self.holds[name] = Held(root)

    def place_on_supplier(self, name: str, supplier: str) -> None:
        """A new hold on all that came from a supplier, and will come."""
        self.holds[name] = Held("", supplier=supplier)

    def release(self, name: str, parts: Collection[str]) -> None:
        """The whole hold, or only these parts of it; it ends with the last of what it stands on and what is pending."""
        hold = self.holds[name]
        # Who lets go of what a hold stands on frees nothing that waits under it since a correction.
        if not parts or (hold.root and ({hold.root} - hold.cuts) | hold.pending <= set(parts)):
            del self.holds[name]
        else:
            hold.cuts |= set(parts)
            hold.pending -= set(parts)

    def correct(self, before: World, after: World) -> None:
        """What a correction cuts off from a root isn't free: it waits for somebody."""
        for hold in self.holds.values():
            lost = before.reach(hold) - after.reach(hold)
            still = {unit for unit in lost if after.lot_of.get(unit) in after.reach(hold)}
            hold.pending |= lost - still

    def stops(self, world: World, goods: Iterable[str]) -> bool:
        """Whether any hold keeps these goods from leaving."""
        return any(world.stops(hold, goods) for hold in self.holds.values())
