"""What a rule's document may say: conditions, scope and actions, with titles in both languages for whoever builds forms from the schema.

A document is data: nothing in it is evaluated, matched as a pattern or looked up by name in the program.
"""

from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta

MOST_NAMED: Final = 50
MOST_MINUTES: Final = 60 * 24 * 31
MOST_HOURS: Final = 24 * 31
MOST_PER_HOUR: Final = 100


def _told(en: str, zh: str, *, unit: str | None = None, **constraints: Any) -> Meta:
    """A field's title in English and Chinese, the unit in which it is given, and its bounds."""
    extra: dict[str, Any] = {"x-titles": {"en": en, "zh": zh}}
    if unit is not None:
        extra["x-unit"] = unit
    return Meta(title=en, extra_json_schema=extra, **constraints)


_Code = Annotated[str, Meta(min_length=1, max_length=400)]
_Name = Annotated[str, Meta(min_length=1, max_length=120)]
_Number = Annotated[float, Meta(ge=-1e12, le=1e12)]
_Codes = tuple[_Code, ...]
Source = Literal["sensor", "inspection"]
Minutes = Annotated[int, Meta(ge=1, le=MOST_MINUTES)]
_LOST: Final = _told("Sensor is lost after", "传感器失联判定时间", unit="MIN", ge=1, le=MOST_MINUTES)
_LOWER: Final = _told("Lower limit", "下限")
_UPPER: Final = _told("Upper limit", "上限")


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What all forms have in common."""


class Characteristic(_Form, frozen=True):
    """What is measured: a type of sensor report (as "Temperature"), or a characteristic of inspections, in a unit of UN/CEFACT Rec. 20."""

    name: Annotated[_Name, _told("Characteristic", "特性")]
    uom: Annotated[str, _told("Unit of measure", "计量单位", max_length=10)] = ""
    source: Annotated[Source, _told("Measured by", "数据来源")] = "sensor"


class Condition(_Form, frozen=True, tag_field="kind"):
    """What all conditions have in common: `kind` tells them apart."""


class Limit(Condition, frozen=True, tag="limit"):
    """A value beyond a limit; over once it is back by `margin`."""

    characteristic: Annotated[Characteristic, _told("Characteristic", "特性")]
    lower: Annotated[_Number | None, _LOWER] = None
    upper: Annotated[_Number | None, _UPPER] = None
    margin: Annotated[float, _told("Back within the limit by", "恢复裕度", ge=0, le=1e12)] = 0.0
    readings: Annotated[int, _told("Readings in a row", "连续读数个数", ge=1, le=100)] = 1
    lost_minutes: Annotated[int, _LOST] = 240


class DurationOverLimit(Condition, frozen=True, tag="duration_over_limit"):
    """Beyond a limit for so long: at once, or with `cumulated` in all within the window (cold chain)."""

    characteristic: Annotated[Characteristic, _told("Characteristic", "特性")]
    minutes: Annotated[Minutes, _told("For", "持续时间", unit="MIN")]
    lower: Annotated[_Number | None, _LOWER] = None
    upper: Annotated[_Number | None, _UPPER] = None
    cumulated: Annotated[bool, _told("Add up interruptions", "累计计算")] = False
    window_hours: Annotated[int, _told("Within", "统计时长", unit="HUR", ge=1, le=MOST_HOURS)] = 24
    lost_minutes: Annotated[int, _LOST] = 240


class MeanKineticTemperature(Condition, frozen=True, tag="mean_kinetic_temperature"):
    """Mean kinetic temperature over the window (USP <1079>, ICH Q1A) above a limit in °C. Told once half of the window is measured."""

    upper: Annotated[float, _told("Upper limit", "上限", unit="CEL", gt=-90, le=150)]
    characteristic: Annotated[Characteristic, _told("Characteristic", "特性")] = Characteristic(name="Temperature", uom="CEL")
    window_hours: Annotated[int, _told("Over", "统计时长", unit="HUR", ge=1, le=MOST_HOURS)] = 24
    activation_energy: Annotated[float, _told("Activation energy (kJ/mol)", "活化能（kJ/mol）", ge=1, le=500)] = 83.144
    lost_minutes: Annotated[int, _LOST] = 240


class RateOfChange(Condition, frozen=True, tag="rate_of_change"):
    """A change per hour, by least squares over the window of three readings or more, that is faster than the limit."""

    characteristic: Annotated[Characteristic, _told("Characteristic", "特性")]
    per_hour: Annotated[float, _told("Change per hour", "每小时变化量", gt=0, le=1e12)]
    direction: Annotated[Literal["rise", "fall", "both"], _told("Direction", "方向")] = "both"
    window_minutes: Annotated[int, _told("Over", "统计时长", unit="MIN", ge=1, le=1440)] = 30
    lost_minutes: Annotated[int, _LOST] = 240


class MissingData(Condition, frozen=True, tag="missing_data"):
    """A device that has told something before is silent for so long. Without a characteristic any report of it counts."""

    minutes: Annotated[Minutes, _told("Silent for", "无数据时长", unit="MIN")]
    characteristic: Annotated[str, _told("Characteristic", "特性", max_length=120)] = ""


class DefectRate(Condition, frozen=True, tag="defect_rate"):
    """The share of defectives at a step jumps above its control limit, on a p or np chart of so many pieces a point."""

    chart: Annotated[Literal["p", "np"], _told("Chart", "控制图")] = "p"
    subgroup: Annotated[int, _told("Pieces a point", "每点件数", ge=5, le=100_000)] = 100
    baseline_points: Annotated[int, _told("Points that make the baseline", "基准点数", ge=2, le=100)] = 20
    expected: Annotated[Annotated[float, Meta(ge=0, le=1)] | None, _told("Known share of defectives", "已知不良率")] = None
    defective: Annotated[_Codes, _told("Dispositions of defectives", "视为不良的处置状态", min_length=1, max_length=20)] = (
        "non_conformant",
        "damaged",
        "non_sellable_other",
        "disposed",
        "destroyed",
    )


ChartRule = Literal[
    "nelson_1", "nelson_2", "nelson_3", "nelson_4", "nelson_5", "nelson_6", "nelson_7", "nelson_8",
    "western_electric_1", "western_electric_2", "western_electric_3", "western_electric_4", "western_electric_5", "western_electric_6",
    "western_electric_7", "western_electric_8",
]  # fmt: skip
CHART_RULES: Final[tuple[str, ...]] = get_args(ChartRule)
ChartKind = Literal["xbar_r", "xbar_s", "individuals", "ewma", "cusum"]


class ControlChart(Condition, frozen=True, tag="control_chart"):
    """A process out of control. The first subgroups make the baseline, unless centre and deviation of single values are known."""

    characteristic: Annotated[Characteristic, _told("Characteristic", "特性")]
    chart: Annotated[ChartKind, _told("Chart", "控制图")] = "xbar_r"
    rules: Annotated[tuple[ChartRule, ...], _told("Rules", "判异准则", min_length=1, max_length=16)] = ("nelson_1",)
    subgroup_size: Annotated[int, _told("Values a subgroup", "子组大小", ge=2, le=25)] = 5
    baseline_points: Annotated[int, _told("Subgroups that make the baseline", "基准子组数", ge=2, le=100)] = 25
    center: Annotated[_Number | None, _told("Known mean", "已知均值")] = None
    sigma: Annotated[Annotated[float, Meta(gt=0, le=1e12)] | None, _told("Known standard deviation", "已知标准差")] = None
    weight: Annotated[float, _told("Weight of an EWMA", "EWMA 权重", gt=0, le=1)] = 0.2
    width: Annotated[float, _told("Width of its limits", "EWMA 控制限宽度", ge=1, le=6)] = 3.0
    allowance: Annotated[float, _told("Allowance k of a CUSUM", "CUSUM 参考值 k", gt=0, le=5)] = 0.5
    run_length: Annotated[float, _told("Points between false alarms of a CUSUM", "CUSUM 平均链长", ge=20, le=1e6)] = 465.0


class InspectionResult(Condition, frozen=True, tag="inspection_result"):
    """A measured result of an inspection beyond a limit, as of heavy metals; without limits, any result that its specification fails."""

    characteristic: Annotated[_Name, _told("Characteristic", "特性")]
    uom: Annotated[str, _told("Unit of measure", "计量单位", max_length=10)] = ""
    lower: Annotated[_Number | None, _LOWER] = None
    upper: Annotated[_Number | None, _UPPER] = None


class ExpiryNear(Condition, frozen=True, tag="expiry_near"):
    """A lot that is still in stock expires within so many days, or has expired."""

    days: Annotated[int, _told("Within", "到期前天数", unit="DAY", ge=0, le=3650)]


class MassBalance(Condition, frozen=True, tag="mass_balance"):
    """A step gives less, or more, than it took by more than the tolerance, where both are told in units that can be compared."""

    loss_percent: Annotated[float, _told("Loss up to (%)", "允许损耗（%）", ge=0, le=100)]
    gain_percent: Annotated[float, _told("Gain up to (%)", "允许增益（%）", ge=0, le=1000)] = 0.0


class DuplicateSerial(Condition, frozen=True, tag="duplicate_serial"):
    """One serial number seen at two places within a time in which nothing gets from one to the other."""

    minutes: Annotated[int, _told("Within", "时间间隔", unit="MIN", ge=1, le=1440 * 7)]


class HeldGoodsMoving(Condition, frozen=True, tag="held_goods_moving"):
    """Goods on hold are reported as received, moved, packed, used or shipped."""


class CertificateExpired(Condition, frozen=True, tag="certificate_expired"):
    """A supplier's certificate has expired, or does so within the days."""

    days: Annotated[int, _told("Days before", "提前天数", unit="DAY", ge=0, le=365)] = 0
    certificate: Annotated[str, _told("Kind of certificate", "证书类别", max_length=120)] = ""


AnyCondition = (
    Limit | DurationOverLimit | MeanKineticTemperature | RateOfChange | MissingData | DefectRate | ControlChart | InspectionResult | ExpiryNear
    | MassBalance | DuplicateSerial | HeldGoodsMoving | CertificateExpired
)  # fmt: skip


class Scope(_Form, frozen=True):
    """What the rule looks at; an empty list leaves a side open. Places count with what lies in them."""

    products: Annotated[_Codes, _told("Products (GTIN)", "产品（GTIN）", max_length=MOST_NAMED)] = ()
    steps: Annotated[_Codes, _told("Business steps", "业务步骤", max_length=MOST_NAMED)] = ()
    places: Annotated[_Codes, _told("Places", "地点", max_length=MOST_NAMED)] = ()
    equipment: Annotated[_Codes, _told("Equipment and devices", "设备", max_length=MOST_NAMED)] = ()
    suppliers: Annotated[_Codes, _told("Suppliers", "供应商", max_length=MOST_NAMED)] = ()


class Action(_Form, frozen=True, tag_field="do"):
    """What all actions have in common: `do` tells them apart."""


class RaiseAlert(Action, frozen=True, tag="alert"):
    """Raise an alert, which resets itself when the condition ends."""

    severity: Annotated[Literal["critical", "warning", "notice"], _told("Severity", "严重程度")] = "warning"


class PlaceHold(Action, frozen=True, tag="hold"):
    """Hold the goods that the finding names and everything made from them, the containers they are in, or what a machine made at the time."""

    on: Annotated[Literal["goods", "container", "equipment"], _told("Hold", "扣留对象")] = "goods"
    minutes_before: Annotated[int, _told("From so long before", "起始提前量", unit="MIN", ge=0, le=MOST_MINUTES)] = 60
    minutes_after: Annotated[int, _told("To so long after", "结束延后量", unit="MIN", ge=0, le=MOST_MINUTES)] = 60
    reason: Annotated[str, _told("Reason", "原因", max_length=200)] = ""


class Reinspect(Action, frozen=True, tag="reinspect"):
    """Tell quality control to test the goods again: an alert of its own that names them."""

    note: Annotated[str, _told("What to test", "复检要求", max_length=500)] = ""


class OpenNonconformance(Action, frozen=True, tag="nonconformance"):
    """Open a nonconformance on the goods."""

    title: Annotated[str, _told("Title", "标题", max_length=200)] = ""


class CallWebhook(Action, frozen=True, tag="webhook"):
    """Send the finding to the partner webhooks that listen for it."""


AnyAction = RaiseAlert | PlaceHold | Reinspect | OpenNonconformance | CallWebhook


class Document(_Form, frozen=True):
    """A rule: a condition, what it looks at, and what is done when it is met."""

    name: Annotated[_Name, _told("Name", "名称")]
    condition: Annotated[AnyCondition, _told("Condition", "条件")]
    description: Annotated[str, _told("Description", "说明", max_length=2_000)] = ""
    scope: Annotated[Scope, _told("Looks at", "适用范围")] = Scope()
    actions: Annotated[tuple[AnyAction, ...], _told("Actions", "动作", min_length=1, max_length=8)] = (RaiseAlert(),)
    max_per_hour: Annotated[int, _told("Findings an hour at most", "每小时最多触发次数", ge=1, le=MOST_PER_HOUR)] = 20


KIND_TITLES: Final[dict[str, tuple[str, str]]] = {
    "limit": ("Beyond a limit", "超限"),
    "duration_over_limit": ("Beyond a limit for a time", "超限持续时间"),
    "mean_kinetic_temperature": ("Mean kinetic temperature", "平均动力学温度"),
    "rate_of_change": ("Changes too fast", "变化过快"),
    "missing_data": ("No data", "数据缺失"),
    "defect_rate": ("Defect rate jumps", "不良率突增"),
    "control_chart": ("Out of control", "过程失控"),
    "inspection_result": ("Result of an inspection", "检验结果超标"),
    "expiry_near": ("Expires soon", "临近到期"),
    "mass_balance": ("Mass balance is off", "物料平衡异常"),
    "duplicate_serial": ("Serial at two places", "序列号异地重复"),
    "held_goods_moving": ("Held goods move", "扣留货物移动"),
    "certificate_expired": ("Supplier's certificate", "供应商证书到期"),
}


def kind_of(condition: AnyCondition) -> str:
    """The tag of a condition, as documents and alerts name it."""
    return str(type(condition).__struct_config__.tag)
