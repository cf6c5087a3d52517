"""What slots, parts and mends are called, in Chinese and in English."""

from typing import Final

from backend.fsma204.completeness import Missing
from backend.fsma204.elements import CTE_NAMES, OF_CTE, Cte, Kde, Shape, Side
from backend.fsma204.spellings import NAMES

SLOTS: Final[dict[str, tuple[str, str]]] = {
    "lot": ("追溯批次代码", "Traceability lot code"), "product": ("产品描述", "Product"), "food": ("商品", "Commodity"),
    "amount": ("数量", "Quantity"), "here": ("事件地点", "Location of the event"), "date": ("日期", "Date of the event"),
    "source": ("上一来源", "Immediate previous source"), "recipient": ("下一接收方", "Immediate subsequent recipient"),
    "tlc_source": ("批次代码赋码地", "Traceability lot code source"),
    "tlc_reference": ("批次代码赋码地参考", "Traceability lot code source reference"),
    "paper": ("参考文件", "Reference document"), "farm": ("收获农场", "Farm of harvest"), "area": ("地块或种植区", "Field or growing area"),
    "pond": ("养殖容器", "Aquaculture container"), "harvester": ("收获者", "Harvester"), "harvested": ("收获日期", "Date of harvesting"),
    "cooled_at": ("冷却地点", "Location of cooling"), "cooled": ("冷却日期", "Date of cooling"), "received": ("接收日期", "Date received"),
    "received_amount": ("接收数量", "Quantity received"), "species": ("物种或市场名称", "Species or acceptable market name"),
    "caught_from": ("捕捞开始日期", "Harvest date, from"), "caught_until": ("捕捞结束日期", "Harvest date, until"),
    "caught_in": ("捕捞海域", "Harvest locations"),
    "seed_grower": ("种子种植者", "Seed grower"), "seed_harvested": ("种子收获日期", "Date of seed harvesting"),
    "seed_conditioner": ("种子处理者", "Seed conditioner or processor"),
    "seed_conditioner_lot": ("处理者种子批号", "Seed lot code of the conditioner"),
    "seed_conditioned": ("种子处理日期", "Date of seed conditioning"), "seed_packer": ("种子包装厂", "Seed packinghouse"),
    "seed_packed": ("种子包装日期", "Date of seed packing"), "seed_repacked": ("种子重新包装日期", "Date of seed repacking"),
    "seed_packer_lot": ("包装厂种子批号", "Seed lot code of the packinghouse"), "seed_supplier": ("种子供应商", "Seed supplier"),
    "seed_supplier_lot": ("供应商种子批号", "Seed lot code of the supplier"),
    "seed_own_lot": ("自编种子批号", "Seed lot code of the sprouter"),
    "seed_type": ("种子种类", "Seed type or taxonomic name"), "seed_growing": ("种子种植规范", "Seed growing specifications"),
    "seed_packaging": ("种子包装", "Seed packaging"), "seed_treatment": ("种子抗菌处理", "Antimicrobial treatment of the seeds"),
    "seed_received": ("种子接收日期", "Date of receipt of the seeds"),
}  # fmt: skip
# What a slot is called in the sheet of one kind of event, where the general name says too little.
_OF_CTE: Final[dict[tuple[Cte, str], tuple[str, str]]] = {
    (Cte.COOLING, "here"): ("冷却地点", "Location cooled"), (Cte.COOLING, "date"): ("冷却日期", "Date of cooling"),
    (Cte.INITIAL_PACKING, "here"): ("初次包装地点", "Location packed"), (Cte.INITIAL_PACKING, "date"): ("初次包装日期", "Date of initial packing"),
    (Cte.INITIAL_PACKING_EXEMPT, "here"): ("初次包装地点", "Location packed"),
    (Cte.INITIAL_PACKING_EXEMPT, "date"): ("初次包装日期", "Date of initial packing"),
    (Cte.FIRST_LAND_BASED_RECEIVING, "here"): ("首次陆上接收地点", "First land-based receiver"),
    (Cte.FIRST_LAND_BASED_RECEIVING, "date"): ("上岸日期", "Date landed"),
    (Cte.SHIPPING, "here"): ("发货地点", "Location shipped from"), (Cte.SHIPPING, "date"): ("发货日期", "Date shipped"),
    (Cte.RECEIVING, "here"): ("收货地点", "Location received"), (Cte.RECEIVING, "date"): ("收货日期", "Date received"),
    (Cte.RECEIVING_EXEMPT, "here"): ("收货地点", "Location received"), (Cte.RECEIVING_EXEMPT, "date"): ("收货日期", "Date received"),
    (Cte.TRANSFORMATION, "here"): ("加工地点", "Location transformed"), (Cte.TRANSFORMATION, "date"): ("完成日期", "Date completed"),
}  # fmt: skip
PARTS: Final[dict[str, tuple[str, str]]] = {
    "name": ("名称", "name"), "phone": ("电话", "phone"), "street": ("地址", "address"), "city": ("城市", "city"), "region": ("州/省", "State"),
    "postal_code": ("邮编", "ZIP code"), "country": ("国家", "country"), "coordinates": ("坐标", "coordinates"), "uri": ("标识", "identifier"),
    "gtin": ("GTIN", "GTIN"), "brand": ("品牌", "brand"), "commodity": ("商品", "commodity"), "variety": ("品种", "variety"),
    "packaging_size": ("包装规格", "packaging size"), "packaging_style": ("包装形式", "packaging style"), "quantity": ("数量", "quantity"),
    "uom": ("计量单位", "unit of measure"), "type": ("类型", "type"), "number": ("编号", "number"), "date": ("日期", "date"),
    "text": ("内容", "text"),
}  # fmt: skip
SIDES: Final = {Side.LOT: ("批次", "Lot"), Side.USED: ("所用原料", "Ingredient used")}


def pick(language: str, words: tuple[str, str]) -> str:
    """The words in the reader's language; English but for Chinese readers."""
    return words[0] if language.startswith("zh") else words[1]


def slot_title(slot: str, language: str, cte: Cte | None = None) -> str:
    """What a slot is called."""
    return pick(language, _OF_CTE.get((cte, slot), SLOTS[slot]) if cte else SLOTS[slot])


def part_title(part: str, language: str, cte: Cte | None = None) -> str:
    """What `slot.part` is called: "Location shipped from: phone"."""
    slot, _, name = part.partition(".")
    title, own = slot_title(slot, language, cte), pick(language, PARTS[name])
    return f"{title}{'：' if language.startswith('zh') else ': '}{own}" if name not in ("text", "date") else title


def cte_name(cte: Cte, language: str) -> str:
    """What a kind of event is called."""
    return pick(language, CTE_NAMES[cte])


def elements_of(cte: Cte) -> tuple[Kde, ...]:
    """The elements of a kind of event, in the rule's order."""
    return OF_CTE[cte]


def mend(found: Missing, language: str) -> str:
    """How to put it right."""
    subject = found.subject
    shapes = {part.shape for part in found.kde.parts}
    if found.to_decide:
        return pick(
            language,
            (f"用 putFoodProducts 说明产品 {subject} 是否为农产品。", f"Say with putFoodProducts whether {subject or 'the product'} is produce."),
        )
    if subject and shapes & {Shape.PLACE, Shape.PERSON}:
        return pick(language, (f"用 putFoodPlaces 补全地点 {subject} 的信息。", f"Complete {subject} with putFoodPlaces."))
    if subject and Shape.PRODUCT in shapes:
        return pick(language, (f"用 putFoodProducts 补全产品 {subject} 的信息。", f"Complete product {subject} with putFoodProducts."))
    return _mend_event(found, language)


def _mend_event(found: Missing, language: str) -> str:
    slot = found.lacking[0].partition(".")[0]
    if slot == "paper":
        fields = "suyuan:referenceDocumentType", "suyuan:referenceDocumentNumber"
        words = (
            f"在事件中写明业务单据（bizTransactionList），或扩展字段 {fields[0]} 与 {fields[1]}；以错误声明更正后重发。",
            f"Name a business transaction in the event, or {fields[0]} and {fields[1]}: declare the event wrong and send it anew.",
        )
    elif slot in ("source", "recipient"):
        side = "sourceList" if slot == "source" else "destinationList"
        words = (f"在事件的 {side} 中写明；以错误声明更正后重发。", f"Name it in the event's {side}: declare the event wrong and send it anew.")
    elif slot == "lot":
        words = (
            "写明批次：在事件中给出批次标识，或采集托盘的装箱事件。",
            "Tell the lot: name it in the event, or capture what was packed into the container.",
        )
    elif slot in NAMES:
        name = f"suyuan:{NAMES[slot][0]}"
        words = (f"在事件或其批次主数据（ilmd）中写明 {name}。", f"Tell it as {name} in the event, or in the ILMD of the lot's first event.")
    else:
        words = ("在事件中补充该内容；以错误声明更正后重发。", "Tell it in the event: declare the event wrong and send it anew.")
    return pick(language, words)
