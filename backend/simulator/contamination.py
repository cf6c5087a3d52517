"""Which raw lot turns out to be bad, and which sold unit a consumer asks about: chosen when all has happened."""

from datetime import datetime

from backend.simulator.ledger import Ledger, Lot
from backend.simulator.plant import Plant
from backend.simulator.recorder import extensions
from backend.simulator.traces import Traces

WANTED_SHARE = 0.03  # of the finished goods: enough to hurt, not so much that everything goes
MISTAKEN_BONUS = 0.015


def choose_contaminated_lot(ledger: Ledger, traces: Traces) -> str:
    """The raw lot that reached several, but not all, finished goods and customers; at best one that was also scanned wrongly.

    A lot whose use was booked wrongly at first is preferred: a trace that ignores error declarations then gets it wrong.
    Runs of fewer than 500 events may have so few customers that no lot reached several but not all.
    """
    finished = {unit.key for unit in ledger.units.values() if ledger.is_finished(unit.key)}
    reached = {lot.key: traces.reached_units(lot.key) & finished for lot in ledger.lots.values() if lot.supplier is not None}
    mistaken = {key for correction in ledger.corrections for key in (correction.named, correction.meant)}

    def unsuitability(key: str) -> float:
        return abs(len(reached[key]) / len(finished) - WANTED_SHARE) - (MISTAKEN_BONUS if key in mistaken else 0)

    candidates = sorted((key for key, units in reached.items() if units), key=unsuitability)
    if not candidates:
        raise ValueError("No raw material reached a finished product: ask for more events.")
    customers = len({shipment.customer for shipment in ledger.shipments})
    several: list[str] = []
    for key in candidates:
        supplied = len({shipment.customer for shipment in traces.shipments_with(reached[key])})
        lots = {unit.lot for unit_key in reached[key] if (unit := ledger.units[unit_key]).lot}
        if 1 < supplied <= customers * 2 / 3 and len(lots) != 1:
            return key
        if 1 < supplied < customers and len(lots) != 1:
            several.append(key)
    return (several or candidates)[0]


def choose_sold_unit(ledger: Ledger, traces: Traces, contaminated_lot: str) -> str:
    """A shipped unit made of the contaminated lot that did not come back."""
    returned = frozenset[str]().union(*(item.units for item in ledger.returns))
    reached = traces.reached_units(contaminated_lot)
    middle = len(ledger.shipments) // 2
    for shipment in ledger.shipments[middle:] + ledger.shipments[:middle]:
        if candidates := sorted(unit for unit in shipment.units & reached - returned if ledger.is_finished(unit)):
            return candidates[len(candidates) // 2]
    raise ValueError("The contaminated lot reached no customer: ask for more events.")


def report_contamination(plant: Plant, lot: Lot, at: datetime) -> None:
    """The supplier warns, a retained sample is drawn and fails."""
    laboratory = plant.site.laboratory
    sample = [{"epcClass": plant.uri.lot(lot)}]
    cause = [("cert", plant.uri.transaction(lot.supplier or plant.company, f"NOTICE-{at:%y%m%d}"))]
    plant.observe(at, "sampling", "reserved", laboratory, quantities=sample, transactions=cause)
    found_at = at + plant.minutes(90, 150)
    result = extensions(finding="contaminated", testReport=plant.document("TR", found_at))
    plant.observe(found_at, "inspecting", "non_conformant", laboratory, quantities=sample, transactions=cause, fields=result)
