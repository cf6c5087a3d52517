"""A maker of electric water pumps: castings by heat, machined to serial housings, assembled with serial motors."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from backend.simulator.deliveries import SupplyRule
from backend.simulator.flow import Flow
from backend.simulator.ledger import Unit
from backend.simulator.master_data import ONE_GRAM, Product, ProductKind
from backend.simulator.packing import PackingPlan, chunks
from backend.simulator.plant import Plant
from backend.simulator.processing import Inputs, Work
from backend.simulator.sensors import Curve, steady
from backend.simulator.stores import Portion

OWN_PREFIX = "9520002"
PACKING = PackingPlan(units_per_case=6, cases_per_pallet=8, serial_prefix="WP{at:%y%j}", serial_digits=6)
PUMPS_PER_ORDER = (10, 20)
HEATS_LAST = (2, 4)
FAIL_RATE = 0.02
REMELT_RATE = 0.3

COMPANY = (
    ("溯驰精密部件（宁波）有限公司", "Suchi Precision Parts (Ningbo) Co., Ltd."),
    ("浙江省宁波市北仑区溯驰路 9 号", "9 Suchi Road, Beilun District, Ningbo, Zhejiang"),
)
LINES = (("熔铸车间", "Foundry"), ("机加工线", "Machining line"), ("水泵装配线", "Pump assembly line"), ("下线测试台", "End-of-line test bench"))
SUPPLIERS = {
    "metal": ("95220011", ("铸源铝业", "Zhuyuan Aluminium"), ("河南省巩义市铸源路 2 号", "2 Zhuyuan Road, Gongyi, Henan")),
    "bearing": ("95220012", ("恒转轴承厂", "Hengzhuan Bearings"), ("浙江省慈溪市恒转路 15 号", "15 Hengzhuan Road, Cixi, Zhejiang")),
    "rubber": ("95220013", ("密安密封件", "Mi'an Seals"), ("安徽省宁国市密安路 4 号", "4 Mi'an Road, Ningguo, Anhui")),
    "motor": ("95220014", ("驱元电机", "Quyuan Motors"), ("江苏省常州市驱元路 28 号", "28 Quyuan Road, Changzhou, Jiangsu")),
}
CUSTOMERS = (
    ("东辰整车一厂", "Dongchen Vehicle Plant 1", "上海市嘉定区东辰路 1 号", "1 Dongchen Road, Jiading, Shanghai"),
    ("东辰整车二厂", "Dongchen Vehicle Plant 2", "湖北省武汉市东辰路 2 号", "2 Dongchen Road, Wuhan, Hubei"),
    ("星远新能源汽车", "Xingyuan Electric Vehicles", "安徽省合肥市星远路 6 号", "6 Xingyuan Road, Hefei, Anhui"),
    ("巴山动力总成", "Bashan Powertrain", "重庆市渝北区巴山路 11 号", "11 Bashan Road, Yubei, Chongqing"),
    ("北原商用车", "Beiyuan Commercial Vehicles", "吉林省长春市北原路 7 号", "7 Beiyuan Road, Changchun, Jilin"),
    ("车后市场配件中心", "Aftermarket Parts Centre", "广东省广州市配件路 3 号", "3 Peijian Road, Guangzhou, Guangdong"),
)

MELT = Curve("Temperature", "CEL", start=540, plateau=735, end=690, noise=3, readings=8)
MACHINING = steady("Torque", "NU", 18.4, 0.6)
LEAK = (steady("Pressure", "BAR", 2.5, 0.02),)
FUNCTION = (steady("VolumeFlowRate", "L2", 32, 0.6), steady("ElectricCurrent", "AMP", 6.1, 0.15), steady("Pressure", "BAR", 0.9, 0.03))
SCREWING = steady("Torque", "NU", 9.2, 0.15, readings=4)
POROSITY = (steady("VolumeFraction", "P1", 1.2, 0.2),)


class AutoPartsFlow(Flow):
    def __init__(self, plant: Plant) -> None:
        registry = plant.registry
        plant.build_site(registry.name_company(*COMPANY), LINES)
        suppliers = {name: registry.add_supplier(*details) for name, details in SUPPLIERS.items()}
        for position, (zh, en, address_zh, address_en) in enumerate(CUSTOMERS, start=1):
            registry.add_customer(f"9524{position:05d}", (zh, en), (address_zh, address_en))
        super().__init__(plant, PACKING)

        def buy(names: tuple[str, str], supplier: str, orders: tuple[int, int], unit: str = "H87", content: int | None = None) -> Product:
            partner = suppliers[supplier]
            product = registry.add_product(names, ProductKind.RAW, unit_of_measure=unit, supplier=partner)
            self.deliveries.register(product, SupplyRule(partner, orders, None if content is None else Decimal(content)))
            return product

        self.ingot = buy(("铝合金锭", "Aluminium alloy ingot"), "metal", (5, 9), "KGM")
        self.master_alloy = buy(("铝硅中间合金", "Aluminium-silicon master alloy"), "metal", (9, 15), "KGM")
        self.bearing = buy(("水泵轴承", "Pump bearing"), "bearing", (8, 14))
        self.seal = buy(("水封组件", "Shaft seal"), "rubber", (7, 13))
        self.impeller = buy(("注塑叶轮", "Moulded impeller"), "rubber", (9, 15))
        self.screws = buy(("螺钉包", "Screw kit"), "bearing", (16, 26))
        self.motor = buy(("无刷电机", "Brushless motor"), "motor", (4, 8), content=1)
        self.casting = registry.add_product(("泵壳铸件", "Pump housing casting"), ProductKind.INTERMEDIATE)
        self.housing = registry.add_product(("泵壳", "Pump housing"), ProductKind.INTERMEDIATE)
        self.pump = registry.add_product(("电子水泵 EWP-60", "Electric water pump EWP-60"), ProductKind.FINISHED)

    def produce(self, at: datetime) -> None:
        plant = self.plant
        count = plant.scaled(*PUMPS_PER_ORDER, least=4)
        pieces = Decimal(count)
        order = plant.document("MO", at)
        per_pump = ((self.bearing, 2), (self.seal, 1), (self.impeller, 1), (self.screws, 1), (self.motor, 1))
        self.deliveries.ensure([(product, pieces * (each + 1)) for product, each in per_pump], at)
        clock = at
        if self.stores.available(self.casting, at) < pieces:
            clock = self._cast(order, pieces * plant.random.randint(*HEATS_LAST), at)
        housings, clock = self._machine(order, count, clock)
        pumps, clock = self._assemble_all(order, housings, clock)
        self.send_out(self.packing.pack(pumps, clock, plant.site.lines[3]))

    def _cast(self, order: str, pieces: Decimal, at: datetime) -> datetime:
        """A heat: ingots, master alloy and, now and then, what was left of an earlier heat, melted again."""
        plant = self.plant
        weight = pieces * Decimal("1.4")
        self.deliveries.ensure([(self.ingot, weight), (self.master_alloy, weight / 20)], at)
        draws = self.stores.draw(self.ingot, weight, at) + self.stores.draw(self.master_alloy, (weight / 20).quantize(ONE_GRAM), at)
        leftover = self.stores.available(self.casting, at)
        if leftover and plant.quota("remelt", REMELT_RATE):
            draws += self.stores.draw(self.casting, leftover, at)
        self.processing.weigh(order, [draw for draw in draws if draw.lot.supplier], at)
        began = at + plant.minutes(8, 15)
        ended = began + plant.minutes(70, 110)
        heat = plant.own_lot(self.casting, ended, pieces, f"H{ended:%y}{plant.next_number('heat'):04d}")
        work = Work(order, plant.site.lines[0], "creating_class_instance", began, ended, MELT)
        self.processing.transform(work, Inputs(draws), lots=[Portion(heat, pieces)], in_two_parts=plant.quota("two-part", 0.25))
        self.processing.inspect(ended + plant.minutes(10, 20), "conformant", lots=[heat], curves=POROSITY)
        self.stores.put(heat)
        return ended + plant.minutes(30, 50)

    def _machine(self, order: str, count: int, at: datetime) -> tuple[list[Unit], datetime]:
        plant = self.plant
        housings = [Unit(self.housing, self.packing.new_serial(self.housing.gtin, at), None, at) for _ in range(count)]
        for batch in chunks(housings, 5):
            draws = self.stores.draw(self.casting, Decimal(len(batch)), at)
            ended = at + plant.minutes(12, 20)
            for housing in batch:
                housing.made_at = ended
            work = Work(order, plant.site.lines[1], "commissioning", at, ended, MACHINING)
            self.processing.transform(work, Inputs(draws), units=batch)
            self.processing.inspect(ended + plant.minutes(1, 3), "conformant", units=batch, curves=LEAK, place=plant.site.lines[1])
            at = ended + plant.minutes(3, 5)
        return housings, at

    def _assemble_all(self, order: str, housings: Sequence[Unit], at: datetime) -> tuple[list[Unit], datetime]:
        """Pumps that pass; a pump that fails is taken apart and its housing built into another with a new motor."""
        pumps: list[Unit] = []
        for housing in housings:
            pump, motor, at = self._assemble(order, housing, at)
            if self.plant.quota("failed-test", FAIL_RATE, first=7):
                at = self._take_apart(order, pump, housing, motor, at)
                pump, _, at = self._assemble(order, housing, at)
            else:
                self._test(pump, "conformant", at - self.plant.minutes(0.1, 0.3))
            pumps.append(pump)
        return pumps, at + self.plant.minutes(1, 2)

    def _assemble(self, order: str, housing: Unit, at: datetime) -> tuple[Unit, Unit, datetime]:
        plant = self.plant
        one = Decimal(1)
        draws = self.stores.draw(self.bearing, one * 2, at) + self.stores.draw(self.seal, one, at)
        draws += self.stores.draw(self.impeller, one, at) + self.stores.draw(self.screws, one, at)
        motor = self.stores.draw_units(self.motor, 1)[0]
        ended = at + plant.minutes(1.2, 2)
        pump = Unit(self.pump, self.packing.new_serial(self.pump.gtin, at), None, ended)
        work = Work(order, plant.site.lines[2], "assembling", at, ended, SCREWING, "active")
        self.processing.transform(work, Inputs(draws, [housing, motor]), units=[pump])
        return pump, motor, ended + plant.minutes(0.5, 1)

    def _test(self, pump: Unit, disposition: str, at: datetime) -> None:
        self.processing.inspect(at, disposition, units=[pump], curves=FUNCTION, place=self.plant.site.lines[3])

    def _take_apart(self, order: str, pump: Unit, housing: Unit, motor: Unit, at: datetime) -> datetime:
        """The housing is the same serial as before, so its genealogy runs in a circle."""
        plant = self.plant
        self._test(pump, "non_conformant", at)
        began = at + plant.minutes(1, 2)
        ended = began + plant.minutes(4, 8)
        work = Work(order, plant.site.lines[2], "disassembling", began, ended)
        self.processing.transform(work, Inputs(units=[pump]), units=[housing])
        scrapped_at = ended + plant.minutes(0.5, 1)
        epcs = [plant.uri.unit(motor)]
        plant.destroy(scrapped_at, plant.site.lines[2], "failed end-of-line test", epcs=epcs, quantities=(), keys=[motor.key])
        return scrapped_at + plant.minutes(0.5, 1)
