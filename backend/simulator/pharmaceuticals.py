"""A maker of tablets: active substance and excipients to blend, tablets, blisters, serialised cartons, cases and pallets."""

from backend.simulator.batch_flow import BatchFlow, Recipe, Stage
from backend.simulator.deliveries import SupplyRule
from backend.simulator.master_data import Partner, Product, ProductKind, Registry, Site
from backend.simulator.packing import PackingPlan
from backend.simulator.plant import Plant
from backend.simulator.sensors import Curve, steady

OWN_PREFIX = "9520004"
PACKING = PackingPlan(units_per_case=8, cases_per_pallet=10, serial_prefix="P", serial_digits=11, cases_per_commissioning=6)

COMPANY = (
    ("溯康制药（杭州）有限公司", "Sukang Pharmaceuticals (Hangzhou) Co., Ltd."),
    ("浙江省杭州市钱塘区溯康路 66 号", "66 Sukang Road, Qiantang District, Hangzhou, Zhejiang"),
)
LINES = (
    ("称量配料间", "Dispensing and blending"),
    ("压片包衣线", "Compression and coating"),
    ("铝塑线", "Blister line"),
    ("装盒赋码线", "Cartoning and serialisation line"),
)
SUPPLIERS = {
    "substance": ("95240011", ("澄原原料药厂", "Chengyuan Active Substances"), ("浙江省台州市澄原路 3 号", "3 Chengyuan Road, Taizhou, Zhejiang")),
    "excipient": ("95240012", ("和辅药用辅料", "Hefu Excipients"), ("安徽省淮南市和辅路 21 号", "21 Hefu Road, Huainan, Anhui")),
    "lubricant": ("95240013", ("润微精细化工", "Runwei Fine Chemicals"), ("江苏省常州市润微路 8 号", "8 Runwei Road, Changzhou, Jiangsu")),
    "foil": ("95240014", ("铂箔药包材料", "Bobo Pharmaceutical Foils"), ("山东省潍坊市铂箔路 40 号", "40 Bobo Road, Weifang, Shandong")),
}
CUSTOMERS = (
    ("康达医药批发", "Kangda Medicines Wholesale", "上海市浦东新区康达路 1 号", "1 Kangda Road, Pudong, Shanghai"),
    ("仁济药品配送", "Renji Drug Distribution", "江苏省无锡市仁济路 6 号", "6 Renji Road, Wuxi, Jiangsu"),
    ("西湖第一医院药库", "West Lake First Hospital Pharmacy", "浙江省杭州市西湖区医院路 2 号", "2 Yiyuan Road, West Lake, Hangzhou"),
    ("华岭连锁药房", "Hualing Pharmacy Chain", "湖南省长沙市华岭路 19 号", "19 Hualing Road, Changsha, Hunan"),
    ("北辰医药物流", "Beichen Medical Logistics", "河北省石家庄市北辰路 5 号", "5 Beichen Road, Shijiazhuang, Hebei"),
    ("滇池药业商贸", "Dianchi Drug Trading", "云南省昆明市滇池路 88 号", "88 Dianchi Road, Kunming, Yunnan"),
    ("海西疾控集采", "Haixi Disease Control Purchasing", "福建省福州市海西路 12 号", "12 Haixi Road, Fuzhou, Fujian"),
    ("关中医药供应链", "Guanzhong Medicines Supply", "陕西省西安市关中路 30 号", "30 Guanzhong Road, Xi'an, Shaanxi"),
)

BLENDING = steady("RelativeHumidity", "P1", 41, 1.4, readings=5)
COMPRESSION = Curve("Force", "KNM", start=4, plateau=14.5, end=12, noise=0.35, readings=9)
SEALING = Curve("Temperature", "CEL", start=60, plateau=168, end=150, noise=1.1, readings=7)
CARTONING = steady("Count", "C62", 96, 2, readings=3)
ASSAY = (steady("MassConcentration", "P1", 99.4, 0.5),)
HARDNESS = (steady("Force", "NEW", 82, 3.5), steady("Mass", "MGM", 250, 1.6))
IDENTITY = (steady("MassConcentration", "P1", 99.8, 0.1),)


class PharmaceuticalsFlow(BatchFlow):
    cases_per_order = (16, 30)
    store_temperature = 21.0

    def __init__(self, plant: Plant) -> None:
        registry = plant.registry
        site = plant.build_site(registry.name_company(*COMPANY), LINES)
        suppliers = {name: registry.add_supplier(*details) for name, details in SUPPLIERS.items()}
        for position, (zh, en, address_zh, address_en) in enumerate(CUSTOMERS, start=1):
            registry.add_customer(f"9526{position:05d}", (zh, en), (address_zh, address_en))
        materials = buy_materials(registry, suppliers)
        super().__init__(plant, PACKING, recipes(registry, site, {name: product for name, (product, *_) in materials.items()}))
        for product, supplier, orders in materials.values():
            arrival = IDENTITY if supplier is suppliers["substance"] else ()
            self.deliveries.register(product, SupplyRule(supplier, orders, arrival=arrival))


def buy_materials(registry: Registry, suppliers: dict[str, Partner]) -> dict[str, tuple[Product, Partner, tuple[int, int]]]:
    """Product, supplier and how many orders a delivered lot lasts."""
    wanted = (
        ("metformin", ("盐酸二甲双胍", "Metformin hydrochloride"), "substance", 1095, "KGM", (7, 12)),
        ("ibuprofen", ("布洛芬", "Ibuprofen"), "substance", 1095, "KGM", (7, 12)),
        ("amlodipine", ("苯磺酸氨氯地平", "Amlodipine besylate"), "substance", 1095, "KGM", (7, 12)),
        ("cellulose", ("微晶纤维素", "Microcrystalline cellulose"), "excipient", 1095, "KGM", (14, 24)),
        ("lactose", ("一水乳糖", "Lactose monohydrate"), "excipient", 1095, "KGM", (12, 20)),
        ("starch", ("羧甲淀粉钠", "Sodium starch glycolate"), "excipient", 1095, "KGM", (22, 34)),
        ("stearate", ("硬脂酸镁", "Magnesium stearate"), "lubricant", 1095, "KGM", (26, 40)),
        ("coating", ("薄膜包衣预混剂", "Film coating premix"), "lubricant", 730, "KGM", (16, 26)),
        ("polymer", ("药用聚氯乙烯硬片", "PVC blister film"), "foil", None, "KGM", (14, 22)),
        ("foil", ("药用铝箔", "Aluminium lidding foil"), "foil", None, "KGM", (18, 28)),
        ("carton", ("折叠纸盒", "Folding carton"), "foil", None, "H87", (10, 16)),
    )
    return {
        name: (
            registry.add_product(names, ProductKind.RAW, unit_of_measure=unit, shelf_life_days=days, supplier=suppliers[supplier]),
            suppliers[supplier],
            orders,
        )
        for name, names, supplier, days, unit, orders in wanted
    }


def _stages(registry: Registry, site: Site, materials: dict[str, Product], names: tuple[str, str], active: tuple[str, str]) -> tuple[Stage, ...]:
    """A carton holds 3 blisters of 10 tablets: 3,000 tablets for a hundred cartons."""
    zh, en = names

    def made(what_zh: str, what_en: str, unit: str = "KGM") -> Product:
        return registry.add_product((zh + what_zh, f"{en} {what_en}"), ProductKind.INTERMEDIATE, unit_of_measure=unit, shelf_life_days=90)

    recipe = (active, ("cellulose", "0.32"), ("lactose", "0.21"), ("starch", "0.04"), ("stearate", "0.009"))
    blended = tuple((materials[name], quantity) for name, quantity in recipe)
    blend = Stage(made("总混颗粒", "blend"), blended, "1.200", site.lines[0], (40, 70), BLENDING, ASSAY)
    pressed = ((blend.output, "1.200"), (materials["coating"], "0.03"))
    tablets = Stage(made("片", "tablets"), pressed, "1.150", site.lines[1], (50, 90), COMPRESSION, HARDNESS)
    sealed = ((tablets.output, "1.150"), (materials["polymer"], "0.9"), (materials["foil"], "0.25"))
    blisters = Stage(made("铝塑板", "blisters", "H87"), sealed, "300", site.lines[2], (35, 60), SEALING)
    carton = registry.add_product((f"{zh}片 30 片", f"{en} tablets, 30"), ProductKind.FINISHED, shelf_life_days=1095)
    boxed = ((blisters.output, "300"), (materials["carton"], "100"))
    return blend, tablets, blisters, Stage(carton, boxed, "100", site.lines[3], (30, 55), CARTONING)


def recipes(registry: Registry, site: Site, materials: dict[str, Product]) -> list[Recipe]:
    medicines = (
        (("盐酸二甲双胍", "Metformin"), ("metformin", "1.500")),
        (("布洛芬", "Ibuprofen"), ("ibuprofen", "0.600")),
        (("苯磺酸氨氯地平", "Amlodipine"), ("amlodipine", "0.050")),
    )
    return [Recipe(_stages(registry, site, materials, names, active), None, ASSAY) for names, active in medicines]
