"""What the shapes say in their own voice, in Chinese and in English."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final

from backend.balance.tanks import TankPolicy
from backend.shapes.graph import Amounts, Sort
from backend.trace.event_words import Condition
from backend.trace.rules import Doubt
from backend.units.symbols import symbol

# Business steps of the CBV 2.0 §7.1, and those that our own events add.
STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "accepting": ("验收", "Accepting"),
    "arriving": ("到达", "Arriving"),
    "assembling": ("组装", "Assembling"),
    "cleaning": ("清洗", "Cleaning"),
    "collecting": ("收集", "Collecting"),
    "commissioning": ("生产下线", "Commissioning"),
    "consigning": ("寄售", "Consigning"),
    "creating_class_instance": ("生产批次", "Producing a lot"),
    "cycle_counting": ("循环盘点", "Cycle counting"),
    "decommissioning": ("停用", "Decommissioning"),
    "departing": ("出发", "Departing"),
    "destroying": ("销毁", "Destroying"),
    "disassembling": ("拆解", "Disassembling"),
    "dispensing": ("配发", "Dispensing"),
    "encoding": ("编码", "Encoding"),
    "entering_exiting": ("进出", "Entering or exiting"),
    "holding": ("扣留", "Holding"),
    "inspecting": ("检验", "Inspecting"),
    "installing": ("安装", "Installing"),
    "killing": ("注销标签", "Killing a tag"),
    "loading": ("装车", "Loading"),
    "other": ("其他", "Other"),
    "packing": ("包装", "Packing"),
    "picking": ("拣货", "Picking"),
    "receiving": ("收货", "Receiving"),
    "removing": ("移除", "Removing"),
    "repackaging": ("重新包装", "Repackaging"),
    "repairing": ("维修", "Repairing"),
    "replacing": ("更换", "Replacing"),
    "reserving": ("预留", "Reserving"),
    "retail_selling": ("零售", "Retail selling"),
    "sampling": ("取样", "Sampling"),
    "sensor_reporting": ("传感器记录", "Sensor reporting"),
    "shipping": ("发货", "Shipping"),
    "staging_outbound": ("备货", "Staging outbound"),
    "stock_taking": ("盘点", "Stock taking"),
    "stocking": ("上架", "Stocking"),
    "storing": ("入库", "Storing"),
    "transporting": ("运输", "Transporting"),
    "unloading": ("卸车", "Unloading"),
    "unpacking": ("拆包", "Unpacking"),
    "void_shipping": ("取消发货", "Voiding a shipment"),
}
# Where the step alone doesn't say what was done.
_BY_DISPOSITION: Final[Mapping[tuple[str, str], tuple[str, str]]] = {("holding", "recalled"): ("召回", "Recall")}
SORTS: Final[Mapping[Sort, tuple[str, str, str]]] = {
    Sort.LOT: ("批次", "lot", "lots"),
    Sort.UNIT: ("单件", "unit", "units"),
    Sort.CONTAINER: ("容器", "container", "containers"),
    Sort.STEP: ("工序", "step", "steps"),
    Sort.SHIPMENT: ("发货", "shipment", "shipments"),
    Sort.GAP: ("缺口", "gap", "gaps"),
    Sort.POOL: ("未指明的单件", "units that aren't told apart", "units that aren't told apart"),
    Sort.OTHER: ("对象", "object", "objects"),
}
# Pieces, and the word for them.
_PIECES: Final = ("", "H87", "C62", "EA")
_MEASURED: Final[Mapping[str, tuple[str, str]]] = {
    "Temperature": ("温度", "Temperature"),
    "RelativeHumidity": ("相对湿度", "Relative humidity"),
    "AbsoluteHumidity": ("绝对湿度", "Absolute humidity"),
    "Pressure": ("压力", "Pressure"),
    "Mass": ("质量", "Mass"),
    "Speed": ("速度", "Speed"),
    "Torque": ("扭矩", "Torque"),
    "Illuminance": ("照度", "Illuminance"),
}


DOUBTS: Final[Mapping[Doubt, tuple[str, str]]] = {
    Doubt.LOT_NOT_TOLD: ("未记录批次", "the lot wasn't told"),
    Doubt.UNIT_NOT_TOLD: ("未记录单件", "the unit wasn't told"),
    Doubt.PACKING_NEAR_IN_TIME: ("装箱时间相近", "packed near in time"),
    Doubt.TIMES_CONTRADICT: ("时间矛盾", "the times contradict each other"),
    Doubt.DECLARED_SAME: ("人工声明相同", "declared to be the same"),
    Doubt.NOT_PROVEN: ("未证明", "not proven"),
}


POLICIES: Final[Mapping[TankPolicy, tuple[str, str]]] = {
    TankPolicy.EVERYTHING_SINCE_CLEANING: ("清洗以来的全部", "everything since the cleaning"),
    TankPolicy.FIRST_IN_FIRST_OUT: ("先进先出", "first in, first out"),
    TankPolicy.WELL_MIXED: ("充分混合", "well mixed"),
}


def doubt_word(doubt: Doubt, language: str) -> str:
    """Why a link is only possible; one that has no words here as its name."""
    words = DOUBTS.get(doubt)
    return pick(language, *words) if words else str(doubt).replace("_", " ")


def is_chinese(language: str) -> bool:
    """Whether our own words are told in Chinese."""
    return language != "en"


def pick(language: str, chinese: str, english: str) -> str:
    """One of two."""
    return chinese if is_chinese(language) else english


def policy_word(policy: TankPolicy | None, language: str) -> str:
    """How what was drawn from tanks is reckoned; without a policy everything since the cleaning counts."""
    return pick(language, *POLICIES[policy or TankPolicy.EVERYTHING_SINCE_CLEANING])


def write_condition(condition: Condition, language: str) -> str:
    """ "Temperature 2.5–7.1 °C (oven 3)", or the single value."""
    unit = f" {unit_word(condition.uom, language)}" if condition.uom else ""
    low, high = condition.minimum, condition.maximum
    if condition.value is not None or low is None or high is None:
        told = condition.text if condition.value is None else f"{write_number(condition.value)}{unit}"
    else:
        told = f"{write_number(low)}–{write_number(high)}{unit}"
    device = f" ({condition.device.rsplit('/', 1)[-1]})" if condition.device else ""
    return f"{measured_word(condition.kind, language)} {told or ''}".rstrip() + device


def step_word(step: str | None, language: str, disposition: str | None = None) -> str:
    """A business step, by what it made of the goods where that says more; one that is nobody's word but the sender's as its last part."""
    if step is None:
        return pick(language, "工序", "Step")
    words = _BY_DISPOSITION.get((step, disposition or "")) or STEPS.get(step)
    return pick(language, *words) if words else step.rsplit("/", 1)[-1].rsplit(":", 1)[-1].replace("_", " ")


def sort_word(sort: Sort, language: str, count: int = 1) -> str:
    """What a box stands for."""
    chinese, one, several = SORTS[sort]
    return pick(language, chinese, one if count == 1 else several)


def measured_word(kind: str, language: str) -> str:
    """What a sensor measures."""
    words = _MEASURED.get(kind)
    return pick(language, *words) if words else kind


def unit_word(uom: str | None, language: str) -> str:
    """A unit of measure as it is written behind a number."""
    if (uom or "") in _PIECES:
        return pick(language, "件", "pcs")
    return symbol(uom)


def write_number(number: Decimal) -> str:
    """Without trailing zeros, with thin groups of three; never as a power of ten."""
    plain = number.normalize()
    text = f"{plain:,f}" if plain == plain.to_integral() else f"{number:,f}".rstrip("0").rstrip(".")
    return text.replace(",", "\u202f")


def write_amounts(amounts: Amounts, language: str) -> str:
    """The amounts of each unit of measure, in order of the units; empty for none."""
    return " + ".join(f"{write_number(quantity)} {unit_word(uom, language)}" for uom, quantity in sorted(amounts.items()))


def write_count(count: int, sort: Sort, language: str) -> str:
    """ "12 lots"."""
    number = f"{count:,}".replace(",", "\u202f")
    return f"{number} 个{sort_word(sort, language)}" if is_chinese(language) else f"{number} {sort_word(sort, language, count)}"


def write_span(since: datetime | None, until: datetime | None, zone: tzinfo = UTC) -> str:
    """The days from the first to the last."""
    if since is None:
        return ""
    first, last = f"{since.astimezone(zone):%Y-%m-%d}", f"{(until or since).astimezone(zone):%Y-%m-%d}"
    return first if first == last else f"{first} – {last}"
