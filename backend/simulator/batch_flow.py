"""Production in batches, as food and medicines are made: weigh, mix, process, then serials under the finished lot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal

from backend.simulator.flow import Flow
from backend.simulator.ledger import Lot
from backend.simulator.master_data import Location, Product
from backend.simulator.packing import PackingPlan
from backend.simulator.plant import Plant
from backend.simulator.processing import Inputs, Work
from backend.simulator.sensors import Curve
from backend.simulator.stores import NOTHING, Portion

LEFTOVER_LASTS = timedelta(hours=36)
SURPLUS_RATE = 0.35
REWORK_RATE = 0.3  # of the batches that find a leftover
LOOP_RATE = 0.02
SCRAP_RATE = 0.02
TWO_PART_RATE = 0.08
TWO_PRODUCT_RATE = 0.15
SAMPLE_RATE = 0.3
FALSE_SCAN_RATE = 0.004


@dataclass(frozen=True, slots=True)
class Stage:
    """`ingredients` and `yields` are for a hundred finished units. `check` is measured on the output in process."""

    output: Product
    ingredients: tuple[tuple[Product, str], ...]
    yields: str
    place: Location
    minutes: tuple[int, int]
    curve: Curve | None = None
    check: tuple[Curve, ...] = ()
    step: str = "creating_class_instance"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The last stage makes the finished lot; `sibling` is another size of it that may come out of the same run."""

    stages: tuple[Stage, ...]
    sibling: Product | None = None
    final_check: tuple[Curve, ...] = ()


class BatchFlow(Flow):
    cases_per_order = (12, 22)

    def __init__(self, plant: Plant, packing_plan: PackingPlan, recipes: Sequence[Recipe]) -> None:
        super().__init__(plant, packing_plan)
        self._recipes = recipes[: plant.shrunk(2 * len(recipes))]

    def produce(self, at: datetime) -> None:
        plant = self.plant
        recipe = plant.random.choice(self._recipes)
        units = plant.scaled(*self.cases_per_order) * self.packing_plan.units_per_case
        hundreds = Decimal(units) / 100
        needs = [(product, amount(product, quantity, hundreds)) for stage in recipe.stages for product, quantity in stage.ingredients]
        self.deliveries.ensure(needs, at)
        order = plant.document("MO", at)
        clock = self._discard_leftovers(recipe, at)
        for stage in recipe.stages[:-1]:
            clock = self._make_intermediate(stage, order, hundreds, clock)
        lots, clock = self._make_finished(recipe, order, units, clock)
        for lot in lots:
            clock = self._finish_lot(recipe, lot, clock)
        self.send_out(clock)

    def _discard_leftovers(self, recipe: Recipe, at: datetime) -> datetime:
        """Intermediates do not keep: what is too old is destroyed before the line starts."""
        stores = self.stores
        kept = [lot for stage in recipe.stages[:-1] for lot in stores.lots_of(stage.output)]
        old = [lot for lot in kept if at - lot.made_at > LEFTOVER_LASTS]
        if old:
            self.processing.scrap(at, old, recipe.stages[0].place, "leftover too old")
            for lot in old:
                stores.remove(lot)
        return at + self.plant.minutes(2, 12)

    def _inputs(self, stage: Stage, order: str, hundreds: Decimal, at: datetime) -> tuple[Inputs, datetime]:
        draws: list[Portion] = []
        untracked: list[tuple[Product, Decimal]] = []
        for product, quantity in stage.ingredients:
            if product.lot_tracked:
                draws += self.stores.draw(product, amount(product, quantity, hundreds), at)
            else:
                untracked.append((product, amount(product, quantity, hundreds)))
        weighed = [draw for draw in draws if draw.lot.supplier]
        if weighed:
            self.processing.weigh(order, weighed, at)
            at += self.plant.minutes(6, 18)
        return Inputs(draws, untracked=untracked), at

    def _make_intermediate(self, stage: Stage, order: str, hundreds: Decimal, at: datetime) -> datetime:
        plant = self.plant
        leftover = self.stores.available(stage.output, at)
        surplus = Decimal(plant.random.randint(3, 8)) / 100 if plant.random.random() < SURPLUS_RATE else NOTHING
        wanted = amount(stage.output, stage.yields, hundreds)
        inputs, at = self._inputs(stage, order, hundreds, at)
        if leftover and plant.quota("rework", REWORK_RATE, first=2):
            inputs = Inputs([*inputs.draws, *self.stores.draw(stage.output, leftover, at)], untracked=inputs.untracked)
            leftover = NOTHING
        ended = at + plant.minutes(*stage.minutes)
        made = max(wanted * (1 + surplus) - leftover, wanted / 2).quantize(stage.output.smallest)
        lot = plant.own_lot(stage.output, ended, made)
        work = Work(order, stage.place, stage.step, at, ended, stage.curve)
        two_parts = plant.quota("two-part", TWO_PART_RATE, first=2)
        self.processing.transform(work, inputs, lots=[Portion(lot, made)], in_two_parts=two_parts)
        self.stores.put(lot)
        if plant.quota("false-scan", FALSE_SCAN_RATE, first=3):
            self.processing.store_twice_by_mistake([lot], ended + plant.minutes(1, 2), plant.site.finished_store)
        if stage.check:
            self.processing.inspect(ended + plant.minutes(2, 5), "conformant", lots=[lot], curves=stage.check, place=stage.place)
        return ended + plant.minutes(6, 14)

    def _make_finished(self, recipe: Recipe, order: str, units: int, at: datetime) -> tuple[list[Lot], datetime]:
        plant = self.plant
        stage = recipe.stages[-1]
        inputs, at = self._inputs(stage, order, Decimal(units) / 100, at)
        ended = at + plant.minutes(*stage.minutes)
        loop = plant.quota("loop", LOOP_RATE, first=2)
        spare = plant.random.randint(2, 5) if loop else 0
        shares = [(stage.output, units + spare)]
        if recipe.sibling and plant.quota("two-products", TWO_PRODUCT_RATE, first=2):
            half = units // 2 // self.packing_plan.units_per_case * self.packing_plan.units_per_case
            shares = [(stage.output, units - half + spare), (recipe.sibling, half)]
        lots = [plant.own_lot(product, ended, Decimal(count)) for product, count in shares if count]
        work = Work(order, stage.place, stage.step, at, ended, stage.curve)
        self.processing.transform(work, inputs, lots=[Portion(lot, lot.quantity) for lot in lots])
        if loop:
            self._work_back(lots[0], Decimal(spare), inputs, work)
        return lots, ended + plant.minutes(12, 30)

    def _work_back(self, lot: Lot, pieces: Decimal, inputs: Inputs, run: Work) -> None:
        """Misshapen pieces go back into the running intermediate lot that they were made from: a cycle."""
        plant = self.plant
        source = next(draw.lot for draw in reversed(inputs.draws) if not draw.lot.supplier)
        gained = (pieces / 4).quantize(source.product.smallest, ROUND_UP)
        lot.remaining -= pieces
        began = run.ended + plant.minutes(2, 4)
        work = Work(run.order, run.place, "creating_class_instance", began, began + plant.minutes(2, 5))
        self.processing.transform(work, Inputs([Portion(lot, pieces)]), lots=[Portion(source, gained)])
        self.stores.put_back(source, gained, work.ended)

    def _finish_lot(self, recipe: Recipe, lot: Lot, at: datetime) -> datetime:
        plant = self.plant
        place = recipe.stages[-1].place
        if plant.quota("scrap-lot", SCRAP_RATE, first=6):
            self.processing.inspect(at, "non_conformant", lots=[lot], curves=recipe.final_check)
            self.processing.scrap(at + plant.minutes(30, 90), [lot], place, "failed final inspection")
            return at
        self.processing.inspect(at, "conformant", lots=[lot], curves=recipe.final_check)
        units, packed_at = self.packing.commission(lot, int(lot.remaining), at + plant.minutes(8, 15), place)
        if len(units) > 4 and plant.quota("sample", SAMPLE_RATE):
            samples, units = units[:2], units[2:]
            epcs = [plant.uri.unit(unit) for unit in samples]
            plant.observe(packed_at, "sampling", "reserved", plant.site.laboratory, epcs=epcs)
        lot.remaining = NOTHING
        return self.packing.pack(units, packed_at + plant.minutes(2, 5), place)


def amount(product: Product, per_hundred: str, hundreds: Decimal) -> Decimal:
    """Never nothing: a tiny batch still takes a gram or a piece."""
    return max((Decimal(per_hundred) * hundreds).quantize(product.smallest), product.smallest)
