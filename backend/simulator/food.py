"""A maker of frozen dumplings, filled buns and chilli sauce: flour and meat to sealed bags, cases and pallets."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.simulator.batch_flow import BatchFlow, Recipe, Stage
from backend.simulator.deliveries import SupplyRule
from backend.simulator.identification import Form
from backend.simulator.master_data import Location, Partner, Product, ProductKind, Registry, Site
from backend.simulator.packing import PackingPlan
from backend.simulator.plant import Plant
from backend.simulator.sensors import Curve, steady

OWN_PREFIX = "9520001"
PACKING = PackingPlan(units_per_case=6, cases_per_pallet=12, serial_prefix="{at:%y}", serial_digits=8, sscc_form=Form.URN)

COMPANY = (
    ("溯味食品（嘉兴）有限公司", "Suwei Foods (Jiaxing) Co., Ltd."),
    ("浙江省嘉兴市南湖区溯源路 18 号", "18 Suyuan Road, Nanhu District, Jiaxing, Zhejiang"),
)
LINES = (
    ("和面车间", "Dough room"),
    ("拌馅车间", "Filling room"),
    ("成型蒸煮线", "Forming and steaming line"),
    ("炒酱锅", "Sauce kettle"),
    ("灌装杀菌线", "Filling and pasteurising line"),
)
SUPPLIERS = {
    "mill": ("95210011", ("禾穗面粉厂", "Hesui Flour Mill"), ("河南省周口市禾穗路 6 号", "6 Hesui Road, Zhoukou, Henan")),
    "meat": ("95210012", ("青岭肉业有限公司", "Qingling Meat Co., Ltd."), ("山东省临沂市青岭镇 1 号", "1 Qingling Town, Linyi, Shandong")),
    "greens": ("95210013", ("绿畦蔬菜合作社", "Lüqi Vegetable Cooperative"), ("浙江省嘉善县绿畦村", "Lüqi Village, Jiashan, Zhejiang")),
    "oil": ("95210014", ("金榨粮油有限公司", "Jinzha Oils Co., Ltd."), ("江苏省太仓市港区金榨路 9 号", "9 Jinzha Road, Port of Taicang, Jiangsu")),
    "spice": ("95210015", ("川椒坊香辛料厂", "Chuanjiaofang Spice Works"), ("四川省汉源县椒坊街 22 号", "22 Jiaofang Street, Hanyuan, Sichuan")),
    "film": ("95210016", ("澄膜包装材料厂", "Chengmo Packaging Works"), ("上海市松江区澄膜路 77 号", "77 Chengmo Road, Songjiang, Shanghai")),
}
CUSTOMERS = (
    ("惠邻超市配送中心", "Huilin Supermarkets Distribution Centre", "上海市嘉定区惠邻路 1 号", "1 Huilin Road, Jiading, Shanghai"),
    ("百味生鲜仓", "Baiwei Fresh Warehouse", "浙江省杭州市余杭区百味路 3 号", "3 Baiwei Road, Yuhang, Hangzhou, Zhejiang"),
    ("江南便利连锁", "Jiangnan Convenience Chain", "江苏省苏州市吴中区江南路 5 号", "5 Jiangnan Road, Wuzhong, Suzhou, Jiangsu"),
    ("金陵食品批发", "Jinling Food Wholesale", "江苏省南京市江宁区金陵路 12 号", "12 Jinling Road, Jiangning, Nanjing, Jiangsu"),
    ("徽乡团餐公司", "Huixiang Catering Co., Ltd.", "安徽省合肥市蜀山区徽乡路 8 号", "8 Huixiang Road, Shushan, Hefei, Anhui"),
    ("海曙学校食堂集采", "Haishu School Canteens Purchasing", "浙江省宁波市海曙区学院路 2 号", "2 Xueyuan Road, Haishu, Ningbo, Zhejiang"),
    ("鹭岛冷链商行", "Ludao Cold Chain Trading", "福建省厦门市同安区鹭岛路 31 号", "31 Ludao Road, Tong'an, Xiamen, Fujian"),
    ("楚天餐饮供应链", "Chutian Food Service Supply", "湖北省武汉市东西湖区楚天路 66 号", "66 Chutian Road, Dongxihu, Wuhan, Hubei"),
    ("岭南速食经销", "Lingnan Ready Meals Distribution", "广东省佛山市顺德区岭南路 10 号", "10 Lingnan Road, Shunde, Foshan, Guangdong"),
    ("云仓电商发货中心", "Yuncang Online Fulfilment", "浙江省金华市义乌市云仓路 100 号", "100 Yuncang Road, Yiwu, Jinhua, Zhejiang"),
    ("滨海酒店用品", "Binhai Hotel Supplies", "天津市滨海新区海鲜路 7 号", "7 Haixian Road, Binhai, Tianjin"),
    ("泉城社区团购", "Quancheng Community Buying", "山东省济南市历城区泉城路 15 号", "15 Quancheng Road, Licheng, Jinan, Shandong"),
)

STEAMING = Curve("Temperature", "CEL", start=62, plateau=98.5, end=91, noise=0.6, readings=10)
MIXING = Curve("Temperature", "CEL", start=6, plateau=9, end=8, noise=0.3, readings=5)
KNEADING = Curve("Temperature", "CEL", start=20, plateau=26, end=27, noise=0.4, readings=5)
FRYING = Curve("Temperature", "CEL", start=45, plateau=118, end=104, noise=1.2, readings=9)
PASTEURISING = Curve("Temperature", "CEL", start=30, plateau=92, end=38, noise=0.5, readings=12, rise=0.35, fall=0.35)
CHILLED = (steady("Temperature", "CEL", 2.6, 0.7),)
CORE = (steady("Temperature", "CEL", 83, 1.5), steady("Mass", "KGM", 0.5, 0.004))
DOUGH_CHECK = (steady("VolumeFraction", "P1", 33, 0.6),)
SAUCE_CHECK = (steady("Dimensionless", "C62", 4.2, 0.08),)


@dataclass(frozen=True, slots=True)
class Materials:
    flour: Product
    pork: Product
    beef: Product
    cabbage: Product
    chives: Product
    egg: Product
    oil: Product
    salt: Product
    pepper: Product
    five_spice: Product
    chilli: Product
    film: Product
    jar: Product
    water: Product


class FoodFlow(BatchFlow):
    store_temperature = -18.5

    def __init__(self, plant: Plant) -> None:
        registry = plant.registry
        site = plant.build_site(registry.name_company(*COMPANY), LINES)
        suppliers = {name: registry.add_supplier(*details) for name, details in SUPPLIERS.items()}
        for position, (zh, en, address_zh, address_en) in enumerate(CUSTOMERS, start=1):
            registry.add_customer(f"9523{position:05d}", (zh, en), (address_zh, address_en))
        materials = buy_materials(registry, suppliers)
        super().__init__(plant, PACKING, recipes(registry, site, materials))
        self._set_supply(materials, suppliers)

    def _set_supply(self, materials: Materials, suppliers: dict[str, Partner]) -> None:
        supply = {
            "mill": ((materials.flour, (9, 16), ()),),
            "meat": ((materials.pork, (6, 12), CHILLED), (materials.beef, (5, 10), CHILLED)),
            "greens": ((materials.cabbage, (4, 8), ()), (materials.chives, (4, 8), ()), (materials.egg, (6, 12), CHILLED)),
            "oil": ((materials.oil, (18, 30), ()),),
            "spice": (
                (materials.salt, (30, 50), ()),
                (materials.pepper, (22, 40), ()),
                (materials.five_spice, (20, 36), ()),
                (materials.chilli, (8, 14), ()),
            ),
            "film": ((materials.film, (16, 28), ()), (materials.jar, (8, 14), ())),
        }
        for name, products in supply.items():
            for product, orders, arrival in products:
                self.deliveries.register(product, SupplyRule(suppliers[name], orders, arrival=arrival))


def buy_materials(registry: Registry, suppliers: dict[str, Partner]) -> Materials:
    def raw(names: tuple[str, str], supplier: str, days: int | None, unit: str = "KGM") -> Product:
        return registry.add_product(names, ProductKind.RAW, unit_of_measure=unit, shelf_life_days=days, supplier=suppliers[supplier])

    return Materials(
        flour=raw(("高筋小麦粉", "Strong wheat flour"), "mill", 180),
        pork=raw(("冷鲜猪前腿肉", "Chilled pork shoulder"), "meat", 9),
        beef=raw(("冷鲜牛腩", "Chilled beef flank"), "meat", 10),
        cabbage=raw(("大白菜", "Chinese cabbage"), "greens", 12),
        chives=raw(("韭菜", "Chinese chives"), "greens", 6),
        egg=raw(("鲜鸡蛋液", "Fresh liquid egg"), "greens", 12),
        oil=raw(("一级大豆油", "Refined soybean oil"), "oil", 540, "LTR"),
        salt=raw(("食用盐", "Table salt"), "spice", None),
        pepper=raw(("白胡椒粉", "Ground white pepper"), "spice", 540),
        five_spice=raw(("五香粉", "Five-spice powder"), "spice", 540),
        chilli=raw(("干辣椒碎", "Crushed dried chilli"), "spice", 365),
        film=raw(("食品级复合膜", "Food-grade laminated film"), "film", None, "MTR"),
        jar=raw(("玻璃瓶及瓶盖", "Glass jar with lid"), "film", None, "H87"),
        water=registry.add_product(("生产用水", "Process water"), ProductKind.RAW, unit_of_measure="LTR", lot_tracked=False),
    )


def _dough(registry: Registry, site: Site, materials: Materials, names: tuple[str, str], flour: str) -> Stage:
    dough = registry.add_product(names, ProductKind.INTERMEDIATE, unit_of_measure="KGM", shelf_life_days=2)
    ingredients = ((materials.flour, flour), (materials.oil, "0.6"), (materials.salt, "0.25"), (materials.water, "11"))
    return Stage(dough, ingredients, "27.200", site.lines[0], (18, 35), KNEADING, DOUGH_CHECK)


def _filling(registry: Registry, site: Site, names: tuple[str, str], ingredients: tuple[tuple[Product, str], ...]) -> Stage:
    filling = registry.add_product(names, ProductKind.INTERMEDIATE, unit_of_measure="KGM", shelf_life_days=2)
    return Stage(filling, ingredients, "23.000", site.lines[1], (20, 40), MIXING)


def _steamed(dough: Stage, filling: Stage, film: Product, line: Location, bags: Sequence[Product]) -> Recipe:
    ingredients = ((dough.output, "27.200"), (filling.output, "23.000"), (film, "38"))
    steam = Stage(bags[0], ingredients, "100", line, (45, 80), STEAMING)
    return Recipe((dough, filling, steam), bags[1] if len(bags) > 1 else None, CORE)


def recipes(registry: Registry, site: Site, materials: Materials) -> list[Recipe]:
    dumpling_dough = _dough(registry, site, materials, ("水饺面团", "Dumpling dough"), "20")
    bun_dough = _dough(registry, site, materials, ("包子面团", "Bun dough"), "22")
    salt, pepper, spice, oil = (materials.salt, "0.2"), (materials.pepper, "0.06"), (materials.five_spice, "0.08"), (materials.oil, "0.9")
    pork = _filling(
        registry, site, ("猪肉白菜馅", "Pork and cabbage filling"), ((materials.pork, "14"), (materials.cabbage, "9"), oil, salt, pepper, spice)
    )
    chives = _filling(registry, site, ("韭菜鸡蛋馅", "Chive and egg filling"), ((materials.chives, "13"), (materials.egg, "10"), oil, salt, pepper))
    beef = _filling(
        registry, site, ("五香牛肉馅", "Five-spice beef filling"), ((materials.beef, "15"), (materials.cabbage, "7"), oil, salt, spice, pepper)
    )
    return [
        _steamed(
            dumpling_dough,
            pork,
            materials.film,
            site.lines[2],
            [
                _frozen(registry, "猪肉白菜水饺 500 g", "Pork and cabbage dumplings 500 g"),
                _frozen(registry, "猪肉白菜水饺 1 kg", "Pork and cabbage dumplings 1 kg"),
            ],
        ),
        _steamed(dumpling_dough, chives, materials.film, site.lines[2], [_frozen(registry, "韭菜鸡蛋水饺 500 g", "Chive and egg dumplings 500 g")]),
        _steamed(bun_dough, beef, materials.film, site.lines[2], [_frozen(registry, "五香牛肉包 6 个装", "Five-spice beef buns, 6 pieces")]),
        _sauce(registry, site, materials),
    ]


def _frozen(registry: Registry, name_zh: str, name_en: str) -> Product:
    return registry.add_product((name_zh, name_en), ProductKind.FINISHED, shelf_life_days=365)


def _sauce(registry: Registry, site: Site, materials: Materials) -> Recipe:
    base = registry.add_product(("辣酱底料", "Chilli base"), ProductKind.INTERMEDIATE, unit_of_measure="KGM", shelf_life_days=3)
    ingredients = (
        (materials.chilli, "9"),
        (materials.oil, "14"),
        (materials.beef, "4"),
        (materials.salt, "1.1"),
        (materials.five_spice, "0.4"),
    )
    sauce = registry.add_product(("香辣牛肉酱 260 g", "Spicy beef sauce 260 g"), ProductKind.FINISHED, shelf_life_days=540)
    fry = Stage(base, ingredients, "26", site.lines[3], (40, 70), FRYING, SAUCE_CHECK)
    fill = Stage(sauce, ((base, "26"), (materials.jar, "100")), "100", site.lines[4], (50, 85), PASTEURISING)
    return Recipe((fry, fill), None, SAUCE_CHECK)
