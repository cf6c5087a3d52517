"""What a recall's documents call things, in Chinese and in English. Looked up by the names of the enumerations that are stored."""

from collections.abc import Mapping
from typing import Final

Words = Mapping[str, tuple[str, str]]

STATES: Final[Words] = {
    "SUSPICION": ("疑似", "Suspicion"), "INVESTIGATION": ("调查中", "Under investigation"), "DECIDED": ("已决定", "Decided"),
    "ANNOUNCED": ("已启动", "Announced"), "CLOSED": ("已结案", "Closed"), "DISMISSED": ("已排除", "Dismissed as unfounded"),
}  # fmt: skip
DECISIONS: Final[Words] = {
    "RECALL": ("召回", "Recall"), "WITHDRAWAL": ("撤回（限流通环节）", "Withdrawal (trade only)"), "NO_RECALL": ("不召回", "No recall"),
    "": ("未决定", "Not decided"),
}  # fmt: skip
CLASSES: Final[Words] = {"I": ("一级", "Class I"), "II": ("二级", "Class II"), "III": ("三级", "Class III"), "": ("未定级", "Not classified")}
DEPTHS: Final[Words] = {
    "TRADE": ("至经销环节", "Trade"), "RETAIL": ("至零售环节", "Retail"), "CONSUMER": ("至消费者", "Consumer"), "": ("未定", "Not decided"),
}  # fmt: skip
SECTORS: Final[Words] = {
    "FOOD": ("食品", "Food"),
    "MEDICAL_DEVICE": ("医疗器械", "Medical device"),
    "DRUG": ("药品", "Drug"),
    "OTHER": ("其他消费品", "Other consumer product"),
    "": ("未指明", "Not told"),
}
CLOCK_STATES: Final[Words] = {
    "RUNNING": ("进行中", "running"), "SOON": ("即将到期", "due soon"), "OVERDUE": ("已逾期", "OVERDUE"), "MET": ("已按时完成", "met in time"),
    "MET_LATE": ("逾期完成", "met LATE"), "ENDED": ("不适用", "does not apply"),
}  # fmt: skip
CLOCK_MARKS: Final[Mapping[str, str]] = {"RUNNING": "○", "SOON": "◐", "OVERDUE": "✕", "MET": "●", "MET_LATE": "◆", "ENDED": "–"}
FATES: Final[Words] = {
    "IN_PRODUCTION": ("生产中", "In production"),
    "ON_HOLD": ("在库（已扣留）", "In stock, on hold"),
    "IN_STOCK": ("在库（未扣留）", "In stock, not held"),
    "IN_TRANSIT": ("在途", "In transit"),
    "SHIPPED": ("已发至客户", "At customers"),
    "SOLD": ("已售出", "Sold"),
    "CONSUMED": ("已用于生产", "Used up"),
    "DESTROYED": ("已销毁", "Destroyed"),
}
NOTICE_STATES: Final[Words] = {
    "QUEUED": ("待发送", "queued"),
    "SENT": ("已发送，未确认", "sent, not acknowledged"),
    "ACKNOWLEDGED": ("已确认", "acknowledged"),
    "REPORTED": ("已反馈全部批次", "answered for every lot"),
    "NO_ADDRESS": ("无联系地址", "NO ADDRESS"),
    "FAILED": ("发送失败", "NOT DELIVERED"),
    "WOULD_SEND": ("演练，未发送", "drill, not sent"),
}
NOTICE_KINDS: Final[Words] = {"FIRST": ("首次通知", "First notice"), "SUPPLEMENT": ("补充通知", "Supplement"), "END": ("结束通知", "End of recall")}
ADDITIONS: Final[Words] = {
    "ADDED": ("新增受影响", "reached now"), "SHIPPED": ("新发现发货", "shipped, as is known now"), "SURER": ("由可能变为确定", "certain now"),
    "NO_LONGER_REACHED": ("更正后不再涉及（仍扣留）", "no longer reached; still held"),
}  # fmt: skip
MEANINGS: Final[Words] = {
    "approved": ("批准", "Approval"), "recalled": ("决定召回", "Decision to recall"), "released": ("放行", "Release"), "reviewed": ("审核", "Review"),
    "decided": ("决定", "Decision"), "closed": ("结案", "Closing"),
}  # fmt: skip
KINDS: Final[Words] = {
    "LOT": ("批次", "lot"),
    "UNIT": ("单件", "unit"),
    "LOGISTIC_UNIT": ("物流单元", "logistic unit"),
    "ASSET": ("资产", "asset"),
    "TANK": ("储罐", "tank"),
}
ACTS: Final[Words] = {
    "OPENED": ("立案", "Case opened"),
    "CHANGED": ("修改案件", "Case changed"),
    "INVESTIGATED": ("开始调查", "Investigation begun"),
    "SOURCES_CHANGED": ("修改来源或边界", "Sources or bounds changed"),
    "HELD": ("扣留", "Goods held"),
    "DECIDED": ("作出决定", "Decision"),
    "ANNOUNCED": ("启动召回", "Announced"),
    "EXTENDED": ("扩大范围", "Scope extended"),
    "GROWN": ("发现范围外的关联", "Late events reach the scope"),
    "CLOCK_STARTED": ("法定时限开始", "Legal clock started"),
    "CLOCK_MET": ("履行法定义务", "Legal duty met"),
    "CLOCK_WAIVED": ("认定时限不适用", "Legal clock waived"),
    "CLOCK_WARNED": ("时限提醒", "Warned of a clock"),
    "LINKED": ("关联记录", "Record linked"),
    "ROOT_CAUSE_FOUND": ("查明根本原因", "Root cause found"),
    "COMPLETED": ("召回完成", "Recall completed"),
    "CLOSED": ("结案", "Case closed"),
    "REOPENED": ("重新开启", "Reopened"),
    "DISMISSED": ("排除", "Dismissed"),
    "HOLDS_RELEASED": ("解除扣留", "Holds released"),
    "COMMENTED": ("备注", "Comment"),
    "NOTICE_QUEUED": ("生成客户通知", "Notice written"),
    "NOTICE_SENT": ("通知已发送", "Notice sent"),
    "NOTICE_FAILED": ("通知发送失败", "Notice not delivered"),
    "NOTICE_ACKNOWLEDGED": ("客户已确认", "Notice acknowledged"),
    "STOCK_REPORTED": ("客户反馈库存", "Customer reported stock"),
    "SOLD_ON_REPORTED": ("客户反馈转售", "Customer reported goods sold on"),
    "REMINDED": ("催办", "Reminder sent"),
    "ESCALATED": ("升级处理", "Escalated"),
    "NOTICE_HANDED_OVER": ("通知已送达", "Notice handed over"),
    "CONTACT_CHANGED": ("修改联系人", "Contact changed"),
    "CHECK_PLANNED": ("制定有效性核查", "Effectiveness checks planned"),
    "CHECK_RECORDED": ("记录有效性核查", "Effectiveness check recorded"),
    "RECOVERED": ("收回货物", "Goods recovered"),
    "DESTROYED": ("销毁货物", "Goods destroyed"),
    "DRILL_STARTED": ("演练开始", "Drill started"),
    "DRILL_FINISHED": ("演练结束", "Drill finished"),
    "DOCUMENT_MADE": ("生成文件", "Document made"),
    "DOCUMENT_SENT": ("发送文件", "Document sent"),
    "PUBLISHED": ("公开发布", "Published"),
}


def word(words: Words, name: str, language: str) -> str:
    """One of them; a name that has no words here as it is, in small letters."""
    found = words.get(name)
    return found[0 if language.startswith("zh") else 1] if found else name.replace("_", " ").lower()
