"""A maker of wireless sensors: component reels onto panels, panels parted into boards, boards built into devices."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from backend.simulator.deliveries import SupplyRule
from backend.simulator.flow import Flow
from backend.simulator.ledger import Lot, Unit
from backend.simulator.master_data import Product, ProductKind
from backend.simulator.packing import PackingPlan, chunks
from backend.simulator.plant import Plant
from backend.simulator.processing import Inputs, Work
from backend.simulator.sensors import Curve, steady
from backend.simulator.stores import Portion

OWN_PREFIX = "9520003"
PACKING = PackingPlan(units_per_case=8, cases_per_pallet=10, serial_prefix="SX{at:%y}A", serial_digits=7)
PANELS_PER_ORDER = (3, 6)
BOARDS_PER_PANEL = 4
SPLIT_RATE = 0.2
REPAIR_RATE = 0.03

COMPANY = (
    ("溯芯智造电子（东莞）有限公司", "Suxin Smart Electronics (Dongguan) Co., Ltd."),
    ("广东省东莞市松山湖溯芯路 5 号", "5 Suxin Road, Songshan Lake, Dongguan, Guangdong"),
)
LINES = (
    ("贴片线", "Surface-mount line"),
    ("分板工位", "Depanelling station"),
    ("整机装配线", "Device assembly line"),
    ("老化测试房", "Burn-in room"),
)
SUPPLIERS = {
    "passive": ("95230011", ("微容元件", "Weirong Components"), ("江苏省昆山市微容路 12 号", "12 Weirong Road, Kunshan, Jiangsu")),
    "chip": ("95230012", ("晶禾半导体", "Jinghe Semiconductor"), ("上海市张江晶禾路 8 号", "8 Jinghe Road, Zhangjiang, Shanghai")),
    "board": ("95230013", ("层叠线路板", "Cengdie Circuit Boards"), ("广东省惠州市层叠路 6 号", "6 Cengdie Road, Huizhou, Guangdong")),
    "shell": ("95230014", ("塑合模具", "Suhe Mouldings"), ("广东省深圳市塑合路 33 号", "33 Suhe Road, Shenzhen, Guangdong")),
    "battery": ("95230015", ("储元电池", "Chuyuan Batteries"), ("福建省宁德市储元路 1 号", "1 Chuyuan Road, Ningde, Fujian")),
}
CUSTOMERS = (
    ("智居家电", "Zhiju Home Appliances", "广东省佛山市智居路 1 号", "1 Zhiju Road, Foshan, Guangdong"),
    ("远测仪表", "Yuance Instruments", "四川省成都市远测路 9 号", "9 Yuance Road, Chengdu, Sichuan"),
    ("城脉物联", "Chengmai Internet of Things", "浙江省杭州市城脉路 20 号", "20 Chengmai Road, Hangzhou, Zhejiang"),
    ("牧云农业科技", "Muyun Agritech", "内蒙古呼和浩特市牧云路 3 号", "3 Muyun Road, Hohhot, Inner Mongolia"),
    ("轨安交通设备", "Gui'an Rail Equipment", "湖南省株洲市轨安路 14 号", "14 Gui'an Road, Zhuzhou, Hunan"),
    ("云集数码分销", "Yunji Digital Distribution", "北京市海淀区云集路 10 号", "10 Yunji Road, Haidian, Beijing"),
    ("南港海外仓", "Nangang Overseas Warehouse", "广东省深圳市南港路 2 号", "2 Nangang Road, Shenzhen, Guangdong"),
)

REFLOW = Curve("Temperature", "CEL", start=35, plateau=243, end=60, noise=1.5, readings=9, rise=0.6, fall=0.25)
CIRCUIT = (steady("Voltage", "VLT", 3.3, 0.01), steady("ElectricCurrent", "MAM", 42, 1.2))
BURN_IN = (steady("Power", "WTT", 0.16, 0.004), steady("Temperature", "CEL", 55, 0.5))
OPTICAL = (steady("Count", "C62", 0, 0.0),)


class ElectronicsFlow(Flow):
    def __init__(self, plant: Plant) -> None:
        registry = plant.registry
        plant.build_site(registry.name_company(*COMPANY), LINES)
        suppliers = {name: registry.add_supplier(*details) for name, details in SUPPLIERS.items()}
        for position, (zh, en, address_zh, address_en) in enumerate(CUSTOMERS, start=1):
            registry.add_customer(f"9525{position:05d}", (zh, en), (address_zh, address_en))
        super().__init__(plant, PACKING)

        def buy(names: tuple[str, str], supplier: str, orders: tuple[int, int], unit: str = "H87", content: int | None = None) -> Product:
            partner = suppliers[supplier]
            product = registry.add_product(names, ProductKind.RAW, unit_of_measure=unit, supplier=partner)
            self.deliveries.register(product, SupplyRule(partner, orders, None if content is None else Decimal(content)))
            return product

        self.resistor = buy(("贴片电阻卷盘", "Chip resistor reel"), "passive", (10, 18), content=2500)
        self.capacitor = buy(("贴片电容卷盘", "Chip capacitor reel"), "passive", (10, 18), content=2000)
        self.controller = buy(("微控制器卷盘", "Microcontroller reel"), "chip", (7, 12), content=60)
        self.sensor = buy(("传感芯片", "Sensor chip"), "chip", (6, 12))
        self.paste = buy(("无铅焊膏", "Lead-free solder paste"), "passive", (14, 22), "KGM")
        self.bare_panel = buy(("空白拼板", "Bare panel"), "board", (8, 14))
        self.shell = buy(("外壳套件", "Enclosure kit"), "shell", (9, 15))
        self.battery = buy(("锂亚电池", "Lithium cell"), "battery", (5, 9), content=1)
        self.panel = registry.add_product(("贴装拼板", "Assembled panel"), ProductKind.INTERMEDIATE)
        self.board = registry.add_product(("主控板", "Main board"), ProductKind.INTERMEDIATE)
        self.device = registry.add_product(("无线温湿度传感器 S1", "Wireless climate sensor S1"), ProductKind.FINISHED)

    def produce(self, at: datetime) -> None:
        plant = self.plant
        panels = plant.scaled(*PANELS_PER_ORDER, least=1)
        boards = Decimal(panels * BOARDS_PER_PANEL)
        order = plant.document("MO", at)
        self.deliveries.ensure(
            [
                (self.resistor, boards * 48),
                (self.capacitor, boards * 36),
                (self.controller, boards + 1),
                (self.sensor, boards),
                (self.paste, boards * Decimal("0.006")),
                (self.bare_panel, Decimal(panels)),
                (self.shell, boards),
                (self.battery, boards),
            ],
            at,
        )
        clock = at
        if plant.quota("split", SPLIT_RATE):
            clock = self._split_sensor_lot(order, at)
        made = [self._place_components(order, clock + plant.minutes(9, 10) * number) for number in range(panels)]
        clock = max(panel.made_at for panel in made) + plant.minutes(5, 9)
        self.processing.inspect(clock, "conformant", units=made, curves=OPTICAL, place=plant.site.lines[0])
        parted, clock = self._part(order, made, clock + plant.minutes(4, 8))
        devices, clock = self._assemble(order, parted, self._repair_some(order, parted, clock))
        self.send_out(self.packing.pack(devices, clock, plant.site.lines[3]))

    def _split_sensor_lot(self, order: str, at: datetime) -> datetime:
        """An opened dry pack is divided over two cabinets; each half is a lot of its own from then on."""
        plant = self.plant
        lot = next(lot for lot in self.stores.lots_of(self.sensor) if lot.available_at <= at)
        whole = lot.remaining
        if whole < 2:
            return at
        drawn = self.stores.draw(self.sensor, whole, at)
        ended = at + plant.minutes(5, 10)
        shares = ("A", whole // 2), ("B", whole - whole // 2)
        halves = [Lot(self.sensor, f"{lot.number}-{letter}", ended, quantity) for letter, quantity in shares]
        for part in halves:
            plant.ledger.add_lot(part)
        work = Work(order, plant.site.raw_store, "other", at, ended)
        self.processing.transform(work, Inputs(drawn), lots=[Portion(part, part.quantity) for part in halves])
        for part in reversed(halves):
            self.stores.put_first(part)
        return ended + plant.minutes(3, 6)

    def _place_components(self, order: str, at: datetime) -> Unit:
        plant = self.plant
        boards = Decimal(BOARDS_PER_PANEL)
        reels = [
            *self.stores.draw_content(self.resistor, boards * 48),
            *self.stores.draw_content(self.capacitor, boards * 36),
            *self.stores.draw_content(self.controller, boards),
        ]
        draws = self.stores.draw(self.sensor, boards, at) + self.stores.draw(self.paste, boards * Decimal("0.006"), at)
        draws += self.stores.draw(self.bare_panel, Decimal(1), at)
        ended = at + plant.minutes(6, 8)
        panel = Unit(self.panel, self.packing.new_serial(self.panel.gtin, at), None, ended)
        work = Work(order, plant.site.lines[0], "commissioning", at, ended, REFLOW)
        self.processing.transform(work, Inputs(draws, reels), units=[panel], in_two_parts=plant.quota("two-part", 0.05, first=2))
        return panel

    def _part(self, order: str, panels: Sequence[Unit], at: datetime) -> tuple[list[Unit], datetime]:
        plant = self.plant
        boards: list[Unit] = []
        for panel in panels:
            ended = at + plant.minutes(2, 4)
            parted = [Unit(self.board, self.packing.new_serial(self.board.gtin, at), None, ended) for _ in range(BOARDS_PER_PANEL)]
            work = Work(order, plant.site.lines[1], "commissioning", at, ended)
            self.processing.transform(work, Inputs(units=[panel]), units=parted)
            boards += parted
            at = ended + plant.minutes(1, 2)
        self.processing.inspect(at, "conformant", units=boards, curves=CIRCUIT, place=plant.site.lines[1])
        return boards, at + plant.minutes(3, 6)

    def _repair_some(self, order: str, boards: Sequence[Unit], at: datetime) -> datetime:
        """A board that gets a new controller stays the same serial: it goes in and comes out."""
        plant = self.plant
        for board in boards:
            if plant.quota("repair", REPAIR_RATE, first=5) and self.stores.available(self.controller, at) > len(boards):
                reel = self.stores.draw_content(self.controller, Decimal(1))
                ended = at + plant.minutes(8, 15)
                work = Work(order, plant.site.lines[1], "repairing", at, ended)
                self.processing.transform(work, Inputs(units=[board, *reel]), units=[board])
                at = ended + plant.minutes(1, 2)
        return at

    def _assemble(self, order: str, boards: Sequence[Unit], at: datetime) -> tuple[list[Unit], datetime]:
        plant = self.plant
        devices: list[Unit] = []
        for board in boards:
            cells = self.stores.draw_units(self.battery, 1)
            ended = at + plant.minutes(1, 1.6)
            device = Unit(self.device, self.packing.new_serial(self.device.gtin, at), None, ended)
            work = Work(order, plant.site.lines[2], "assembling", at, ended, disposition="active")
            self.processing.transform(work, Inputs(self.stores.draw(self.shell, Decimal(1), at), [board, *cells]), units=[device])
            devices.append(device)
            at = ended + plant.minutes(0.2, 0.5)
        for batch in chunks(devices, 2):
            at += plant.minutes(0.5, 1)
            self.processing.inspect(at, "conformant", units=batch, curves=BURN_IN, place=plant.site.lines[3])
        return devices, at + plant.minutes(2, 4)
