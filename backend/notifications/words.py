"""What messages say, Chinese and English: the templates of the house, which a company may replace, and words for what they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from backend.notifications.kinds import Urgency

LANGUAGES: Final = ("zh", "en")
GENERIC: Final = "generic"
DIGEST: Final = "digest"
TEST: Final = "test"


@dataclass(frozen=True, slots=True)
class Template:
    """A title, which also is a mail's subject, and a text of some lines."""

    title: str
    body: str


# What a template of an alert may name; others are filled with what they are given.
OF_ALERTS: Final = ("kind", "severity", "object", "detail", "at", "comment", "company")
OF_OTHERS: Final = ("subject", "title", "text", "due", "owner", "number", "product", "state", "company")
OF_DIGESTS: Final = ("count", "lines", "company")
TEMPLATES: Final[Mapping[str, Mapping[str, Template]]] = {
    "alert.raised": {
        "zh": Template("【{{severity}}】{{kind}}：{{object}}", "{{object}}\n{{detail}}\n发生时间：{{at}}"),
        "en": Template("{{severity}}: {{kind}}, {{object}}", "{{object}}\n{{detail}}\nRaised: {{at}}"),
    },
    "alert.escalated": {
        "zh": Template("【升级·{{severity}}】{{kind}}：{{object}}", "该预警尚无人确认，现升级给您。\n{{object}}\n{{detail}}\n发生时间：{{at}}"),
        "en": Template(
            "Escalated, {{severity}}: {{kind}}, {{object}}", "Nobody has acknowledged this alert yet.\n{{object}}\n{{detail}}\nRaised: {{at}}"
        ),
    },
    "alert.acknowledged": {
        "zh": Template("【已确认】{{kind}}：{{object}}", "该预警已有人处理。\n{{object}}\n{{comment}}"),
        "en": Template("Acknowledged: {{kind}}, {{object}}", "Somebody is taking care of this alert.\n{{object}}\n{{comment}}"),
    },
    "alert.reset": {
        "zh": Template("【已恢复】{{kind}}：{{object}}", "该预警的条件已经结束。\n{{object}}\n{{comment}}"),
        "en": Template("Over: {{kind}}, {{object}}", "The condition of this alert has ended.\n{{object}}\n{{comment}}"),
    },
    DIGEST: {
        "zh": Template("{{count}} 条消息汇总", "{{lines}}"),
        "en": Template("{{count}} messages", "{{lines}}"),
    },
    TEST: {
        "zh": Template("测试消息", "{{company}} 的通知渠道可以使用。"),
        "en": Template("Test message", "This channel of {{company}} works."),
    },
    "due": {
        "zh": Template("即将到期：{{title}}", "{{title}}\n到期：{{due}}\n负责人：{{owner}}\n{{text}}"),
        "en": Template("Due: {{title}}", "{{title}}\nDue: {{due}}\nOwner: {{owner}}\n{{text}}"),
    },
    "overdue": {
        "zh": Template("已逾期：{{title}}", "{{title}}\n到期：{{due}}\n负责人：{{owner}}\n{{text}}"),
        "en": Template("Overdue: {{title}}", "{{title}}\nDue: {{due}}\nOwner: {{owner}}\n{{text}}"),
    },
    "approval": {
        "zh": Template("等待您审批：{{title}}", "{{title}}\n{{text}}"),
        "en": Template("Waits for your approval: {{title}}", "{{title}}\n{{text}}"),
    },
    "assigned": {
        "zh": Template("分配给您：{{title}}", "{{title}}\n到期：{{due}}\n{{text}}"),
        "en": Template("Assigned to you: {{title}}", "{{title}}\nDue: {{due}}\n{{text}}"),
    },
    GENERIC: {
        "zh": Template("{{title}}", "{{text}}\n{{subject}}"),
        "en": Template("{{title}}", "{{text}}\n{{subject}}"),
    },
}
SEVERITIES: Final[Mapping[Urgency, Mapping[str, str]]] = {
    Urgency.CRITICAL: {"zh": "严重", "en": "Critical"},
    Urgency.NORMAL: {"zh": "警告", "en": "Warning"},
    Urgency.LOW: {"zh": "提示", "en": "Notice"},
}
# Those of rules by the kind of their condition.
KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "held_goods_shipped": {"zh": "扣留货物已发出", "en": "held goods were shipped"},
    "held_goods_consumed": {"zh": "扣留货物被投用", "en": "held goods were used up"},
    "held_goods_packed": {"zh": "扣留货物被包装", "en": "held goods were packed"},
    "held_goods_sold": {"zh": "扣留货物被售出", "en": "held goods were sold"},
    "lot_number_reused": {"zh": "批号重复使用", "en": "a lot number came back"},
    "times_contradict": {"zh": "时间先后矛盾", "en": "times contradict each other"},
    "inspection_failed": {"zh": "检验不合格", "en": "an inspection failed"},
    "calibration_due": {"zh": "仪器待校准", "en": "an instrument's calibration is due"},
    "calibration_overdue": {"zh": "仪器校准已逾期", "en": "an instrument's calibration is overdue"},
    "improvement_overdue": {"zh": "改进措施已逾期", "en": "a corrective action is overdue"},
    "recall_clock": {"zh": "召回法定期限将至", "en": "a legal period of a recall runs out"},
    "recall_checks_overdue": {"zh": "召回有效性核查已逾期", "en": "effectiveness checks of a recall are overdue"},
    "recall_drill_due": {"zh": "召回演练即将到期或已到期", "en": "a recall drill is due"},
    "reinspection_wanted": {"zh": "需要重新检验", "en": "goods have to be inspected again"},
    "webhook_disabled": {"zh": "Webhook 已停用", "en": "a webhook was switched off"},
    "alert_storm": {"zh": "同类预警大量出现", "en": "many alerts of one kind and cause"},
    "rule_limit": {"zh": "超出限值", "en": "a limit was exceeded"},
    "rule_duration_over_limit": {"zh": "持续超限", "en": "over the limit for too long"},
    "rule_mean_kinetic_temperature": {"zh": "平均动力学温度超限", "en": "the mean kinetic temperature is too high"},
    "rule_rate_of_change": {"zh": "变化过快", "en": "a value changes too fast"},
    "rule_missing_data": {"zh": "数据缺失", "en": "data is missing"},
    "rule_defect_rate": {"zh": "不良率上升", "en": "the defect rate has jumped"},
    "rule_control_chart": {"zh": "控制图失控", "en": "a control chart is out of control"},
    "rule_inspection_result": {"zh": "检验结果超限", "en": "an inspection result is beyond its limit"},
    "rule_expiry_near": {"zh": "临近保质期", "en": "the expiry date is near"},
    "rule_mass_balance": {"zh": "物料不平衡", "en": "the mass balance is off"},
    "rule_duplicate_serial": {"zh": "序列号异地重复", "en": "a serial was seen at two places"},
    "rule_held_goods_moving": {"zh": "扣留货物正在流转", "en": "held goods are moving"},
    "rule_certificate_expired": {"zh": "供应商证书到期", "en": "a supplier's certificate has expired"},
    "rule_muted": {"zh": "预警规则触发过多，暂停提示", "en": "a rule found more than its cap, and is muted"},
    "rule_lost": {"zh": "传感器失联", "en": "a sensor is lost"},
}
OPEN: Final = {"zh": "查看详情", "en": "Open"}
MORE: Final = {"zh": "另有 {} 条", "en": "and {} more"}


def values_of(template: str) -> tuple[str, ...]:
    """The values that a template may name."""
    return OF_DIGESTS if template == DIGEST else OF_ALERTS if template.startswith("alert.") else OF_OTHERS


def kind_in_words(kind: str, language: str) -> str:
    """A kind of alert as people call it; one without words is told by its name."""
    return KINDS[kind][language] if kind in KINDS else kind.replace("_", " ")


# What details of alerts are called; others are told by their names.
DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "told": ("内容", "Found"), "reason": ("原因", "Reason"), "lot": ("批次", "Lot"), "value": ("数值", "Value"), "upper": ("上限", "Upper limit"),
    "lower": ("下限", "Lower limit"), "limit": ("限值", "Limit"), "uom": ("单位", "Unit"), "device": ("设备", "Device"), "step": ("工序", "Step"),
    "place": ("地点", "Place"), "held": ("被扣留货物", "Held goods"), "root": ("扣留源头", "Held because of"), "toParty": ("收货方", "To"),
    "document": ("单据", "Document"), "supplier": ("供应商", "Supplier"), "number": ("编号", "Number"), "dueAt": ("期限", "Due"),
    "expires": ("有效期至", "Expires"), "validTo": ("有效期至", "Valid until"), "days": ("天数", "Days"), "minutes": ("分钟", "Minutes"),
    "readings": ("读数个数", "Readings"), "since": ("起", "Since"), "until": ("止", "Until"), "lastAt": ("最近时间", "Last at"),
    "note": ("备注", "Note"), "kind": ("类型", "Kind"), "rule": ("规则", "Rule"), "instrument": ("器具", "Instrument"),
    "receipt": ("收货单", "Receipt"),
}  # fmt: skip
# What only programs ask for.
_FOR_PROGRAMS: Final = frozenset({"action", "version"})


def detail_in_words(detail: Mapping[str, Any], language: str) -> str:
    """A line for each value that says something to people: no ids, nothing that is empty."""
    shown = [(name, str(value)) for name, value in detail.items() if name not in _FOR_PROGRAMS and str(value).strip() and not _is_id(str(value))]
    between = "：" if language == "zh" else ": "
    return "\n".join(f"{DETAILS[name][language != 'zh'] if name in DETAILS else name}{between}{value}" for name, value in shown)


def _is_id(text: str) -> bool:
    try:
        UUID(text.rpartition(":")[2])
    except ValueError:
        return False
    return True
