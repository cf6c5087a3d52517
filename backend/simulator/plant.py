"""What every step of a simulated factory shares: its random numbers, its calendar, its books and its event recorder."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from backend.simulator.gs1_keys import sscc18
from backend.simulator.identification import Form, Identification
from backend.simulator.ledger import Correction, Ledger, LogisticKind, LogisticUnit, Lot
from backend.simulator.master_data import Location, Partner, Product, Registry, Site
from backend.simulator.recorder import Event, Recorder, extensions, number

SHIFT_BEGINS = timedelta(hours=6)
SHIFT_SHARE = 15 / 24
LEAD = timedelta(hours=5)  # before the first order, so that its materials can arrive
TAIL = timedelta(hours=36)  # after the last order, so that its goods can be packed and shipped
GATE_OPENS, GATE_CLOSES = 5, 21  # hours of the day
FULL_SIZE = 8_000  # events from which batches and deliveries have their natural size
INSTRUMENTS = ("thermometer", "scale", "balance", "gauge")


def quantity_element(uri: str, product: Product, quantity: Decimal) -> Event:
    element: Event = {"epcClass": uri, "quantity": number(quantity)}
    if not product.counted:
        element["uom"] = product.unit_of_measure
    return element


class Plant:
    def __init__(self, registry: Registry, uri: Identification, recorder: Recorder, *, seed: str, start: datetime, days: int, size: int):
        self.registry = registry
        self.uri = uri
        self.recorder = recorder
        self.ledger = Ledger()
        self.random = Random(seed)  # noqa: S311  a simulation must be repeatable
        self.start = start
        self.end = start + timedelta(days=days)
        self.scale = min(1.0, size / FULL_SIZE)
        self._site: Site | None = None
        self._quotas: dict[str, float] = {}
        self._counters: dict[str, int] = {}

    @property
    def site(self) -> Site:
        if self._site is None:
            raise ValueError("The industry built no site: call Plant.build_site first.")
        return self._site

    @property
    def company(self) -> Partner:
        if self.registry.company is None:
            raise ValueError("The industry named no company: call Registry.name_company first.")
        return self.registry.company

    def build_site(self, company: Partner, line_names: tuple[tuple[str, str], ...]) -> Site:
        self._site = self.registry.add_site(company, line_names)
        return self._site

    def shift_time(self, progress: float) -> datetime:
        """When the order at this share of the month starts: between 06:00 and 21:00, never earlier than the order before."""
        moment = self.start + LEAD + progress * (self.end - self.start - LEAD - TAIL)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + SHIFT_BEGINS + share_of(moment - midnight, SHIFT_SHARE)

    def arrival_before(self, needed_at: datetime) -> datetime:
        """When a delivery that is needed in the day's shift comes in: that morning, or the afternoon before."""
        arrives_at = needed_at - self.minutes(150, 420)
        if arrives_at.hour < GATE_OPENS:
            arrives_at = needed_at.replace(hour=13, minute=0, second=0) - timedelta(days=1) + self.minutes(0, 300)
        return max(arrives_at, self.start + self.minutes(6, 20))

    def departure_after(self, ready_at: datetime) -> datetime:
        """When a lorry leaves with goods that are ready: not at night."""
        leaves_at = ready_at + self.minutes(90, 480)
        if leaves_at.hour >= GATE_CLOSES:
            leaves_at = leaves_at.replace(hour=GATE_OPENS) + timedelta(days=1)
        elif leaves_at.hour < GATE_OPENS:
            leaves_at = leaves_at.replace(hour=GATE_OPENS)
        return leaves_at

    def minutes(self, low: float, high: float) -> timedelta:
        return timedelta(milliseconds=self.random.randint(int(low * 60_000), int(high * 60_000)))

    def quota(self, name: str, rate: float, first: int = 1) -> bool:
        """True for a fixed share of calls, the first time at the `first`-th, so that small runs have every case too."""
        level = self._quotas.get(name, 1 - rate * first) + rate
        due = level > 1 - 1e-9
        self._quotas[name] = level - 1 if due else level
        return due

    def scaled(self, low: int, high: int, least: int = 2) -> int:
        """A random size between bounds that shrink with the whole run."""
        return self.random.randint(max(least, round(low * self.scale)), max(least, round(high * self.scale)))

    def shrunk(self, full: int, least: int = 1) -> int:
        """A count that shrinks more slowly than the run, so that small runs keep their variety."""
        return max(least, round(full * math.sqrt(self.scale)))

    def next_number(self, counter: str, start: int = 1) -> int:
        value = self._counters.get(counter, start)
        self._counters[counter] = value + 1
        return value

    def document(self, kind: str, at: datetime) -> str:
        return f"{kind}{at:%y%m%d}-{self.next_number(kind):04d}"

    def operator(self) -> str:
        return f"OP-{self.random.randint(1, 24):03d}"

    def instrument(self, place: Location, kind: str = INSTRUMENTS[0]) -> str:
        return self.uri.asset(f"{INSTRUMENTS.index(kind) + 1}{place_reference(place)}")

    def machine(self, place: Location) -> str:
        return self.uri.asset(f"9{place_reference(place)}")

    def own_lot(self, product: Product, at: datetime, quantity: Decimal, lot_number: str | None = None) -> Lot:
        expires = at.date() + timedelta(days=product.shelf_life_days) if product.shelf_life_days else None
        if lot_number is None:
            running = self.next_number(f"lot/{product.gtin}/{at:%y%m%d}")
            lot_number = f"{at:%y%m%d}{product.gtin[9:13].lstrip('0')}{running:02d}"
        return self.ledger.add_lot(Lot(product, lot_number, at, quantity, expires=expires))

    def quantities(self, portions: Iterable[tuple[Lot, Decimal]], form: Form = Form.LINK) -> list[Event]:
        return [quantity_element(self.uri.lot(lot, form), lot.product, quantity) for lot, quantity in portions]

    def where(self, read_point: Location, location: Location | None = None, form: Form = Form.LINK) -> Event:
        return {"readPoint": {"id": self.uri.place(read_point, form)}, "bizLocation": {"id": self.uri.place(location or read_point, form)}}

    def new_logistic_unit(self, kind: LogisticKind, company_prefix: str | None = None) -> LogisticUnit:
        prefix = company_prefix or self.registry.own_prefix
        reference = self.next_number(f"sscc/{prefix}")
        unit = LogisticUnit(sscc18(prefix, reference, 3 if kind is LogisticKind.PALLET else 1), kind, prefix)
        self.ledger.logistic_units[unit.key] = unit
        return unit

    def parties(self, source: Partner, destination: Partner, form: Form = Form.LINK) -> Event:
        """Who sent from where, who receives where."""
        return {
            "sourceList": [
                {"type": "owning_party", "source": self.uri.party(source, form)},
                {"type": "location", "source": self.uri.place(source.site, form)},
            ],
            "destinationList": [
                {"type": "owning_party", "destination": self.uri.party(destination, form)},
                {"type": "location", "destination": self.uri.place(destination.site, form)},
            ],
        }

    def observe(
        self,
        at: datetime,
        step: str,
        disposition: str,
        place: Location,
        *,
        action: str = "OBSERVE",
        epcs: Sequence[str] = (),
        quantities: Sequence[Event] = (),
        transactions: Sequence[tuple[str, str]] = (),
        fields: Event | None = None,
    ) -> Event:
        """An object event at one place; `fields` are further fields of EPCIS and of the own namespace."""
        body: Event = {"action": action, "bizStep": step, "disposition": disposition, **self.where(place)}
        if epcs:
            body["epcList"] = list(epcs)
        if quantities:
            body["quantityList"] = list(quantities)
        if transactions:
            body["bizTransactionList"] = transaction_list(transactions)
        return self.recorder.record("ObjectEvent", at, {**body, **(fields or {}), **extensions(operator=self.operator())})

    def destroy(self, at: datetime, place: Location, reason: str, *, epcs: Sequence[str], quantities: Sequence[Event], keys: Iterable[str]) -> None:
        self.ledger.destroy(keys, at)
        fields = extensions(reason=reason)
        self.observe(at, "destroying", "destroyed", place, action="DELETE", epcs=epcs, quantities=quantities, fields=fields)

    def note_correction(self, correction: Correction) -> None:
        self.ledger.corrections.append(correction)

    def install_instruments(self) -> None:
        """Each line's machine carries its thermometer: an association that holds all month."""
        at = self.start + timedelta(minutes=2)
        for line in self.site.lines:
            body = {
                "action": "ADD",
                "parentID": self.machine(line),
                "childEPCs": [self.instrument(line)],
                "bizStep": "installing",
                "disposition": "active",
                **self.where(line),
                **extensions(operator=self.operator()),
            }
            self.recorder.record("AssociationEvent", at, body)
            at += self.minutes(0.5, 2)


def share_of(duration: timedelta, share: float) -> timedelta:
    """Events are timed in milliseconds, so that the truth and the events agree to the last digit."""
    return timedelta(milliseconds=int(duration / timedelta(milliseconds=1) * share))


def place_reference(place: Location) -> str:
    """The digits that tell one place's machines from another's."""
    return place.gln[-5:-1] + "".join(character for character in place.extension or "" if character.isdigit())


def transaction_list(transactions: Iterable[tuple[str, str]]) -> list[Event]:
    return [{"type": kind, "bizTransaction": uri} for kind, uri in transactions]
