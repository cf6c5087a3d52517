"""What papers say of the house's enumerations, in Chinese and in English."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from backend.balance.lines import LineKind
from backend.capa.rules import ActionKind, ActionStatus, CauseCategory, Discipline, RequestStatus
from backend.events.canonical import Action, EventType
from backend.holds.scopes import HoldCauseKind
from backend.inspections.inspections import Kind, Status
from backend.inspections.rules import Conclusion, Judged
from backend.nonconformance.rules import DispositionKind, DispositionStatus, NcSeverity, NcStatus
from backend.shapes.stays import RowKind
from backend.specifications.characteristics import SeverityClass

# Pairs, and no mapping: numbers of different enumerations are equal.
_PAIRS: Final[tuple[tuple[Enum, tuple[str, str]], ...]] = (
    (Discipline.TEAM, ("D1 团队", "D1 Team")),
    (Discipline.PROBLEM, ("D2 问题描述", "D2 Problem")),
    (Discipline.CONTAINMENT, ("D3 临时遏制措施", "D3 Interim containment")),
    (Discipline.ROOT_CAUSE, ("D4 根本原因", "D4 Root cause")),
    (Discipline.CHOSEN_ACTIONS, ("D5 选定的纠正措施", "D5 Chosen corrective actions")),
    (Discipline.IMPLEMENTED_ACTIONS, ("D6 实施的纠正措施", "D6 Implemented corrective actions")),
    (Discipline.PREVENTION, ("D7 预防再发", "D7 Prevention of recurrence")),
    (Discipline.CLOSURE, ("D8 验证与关闭", "D8 Verification and closure")),
    (ActionKind.CORRECTIVE, ("纠正措施", "Corrective action")),
    (ActionKind.PREVENTIVE, ("预防措施", "Preventive action")),
    (ActionStatus.OPEN, ("进行中", "Open")),
    (ActionStatus.CHECKING, ("验证效果中", "Effect being checked")),
    (ActionStatus.CLOSED, ("已关闭", "Closed")),
    (CauseCategory.PEOPLE, ("人员", "People")),
    (CauseCategory.MACHINE, ("设备", "Machine")),
    (CauseCategory.MATERIAL, ("物料", "Material")),
    (CauseCategory.METHOD, ("方法", "Method")),
    (CauseCategory.MEASUREMENT, ("测量", "Measurement")),
    (CauseCategory.ENVIRONMENT, ("环境", "Environment")),
    (RequestStatus.SENT, ("已发出", "Sent")),
    (RequestStatus.ACKNOWLEDGED, ("已确认收到", "Acknowledged")),
    (RequestStatus.ANSWERED, ("已答复", "Answered")),
    (RequestStatus.SENT_BACK, ("已退回", "Sent back")),
    (RequestStatus.ACCEPTED, ("已接受", "Accepted")),
    (RequestStatus.CANCELLED, ("已取消", "Cancelled")),
    (Status.AWAITING, ("待检", "Awaiting results")),
    (Status.BEGUN, ("检验中", "Begun")),
    (Status.CONCLUDED, ("已结论", "Concluded")),
    (Status.CANCELLED, ("已取消", "Cancelled")),
    (Conclusion.ACCEPTED, ("合格", "Accepted")),
    (Conclusion.REJECTED, ("不合格", "Rejected")),
    (Conclusion.CONDITIONAL, ("让步", "Conditional")),
    (Judged.PASS, ("符合", "Pass")),
    (Judged.FAIL, ("不符合", "Fail")),
    (Judged.UNCERTAIN, ("无法判定", "Uncertain")),
    (Kind.INCOMING, ("进货检验", "Incoming")),
    (Kind.IN_PROCESS, ("过程检验", "In process")),
    (Kind.FINAL, ("成品检验", "Final")),
    (SeverityClass.CRITICAL, ("致命", "Critical")),
    (SeverityClass.MAJOR, ("严重", "Major")),
    (SeverityClass.MINOR, ("轻微", "Minor")),
    (NcSeverity.CRITICAL, ("致命", "Critical")),
    (NcSeverity.MAJOR, ("严重", "Major")),
    (NcSeverity.MINOR, ("轻微", "Minor")),
    (NcStatus.OPEN, ("待处理", "Open")),
    (NcStatus.UNDER_REVIEW, ("评审中", "Under review")),
    (NcStatus.DECIDED, ("已决定", "Decided")),
    (NcStatus.EXECUTED, ("已执行", "Executed")),
    (NcStatus.CLOSED, ("已关闭", "Closed")),
    (DispositionKind.USE_AS_IS, ("让步使用", "Use as is")),
    (DispositionKind.REWORK, ("返工", "Rework")),
    (DispositionKind.SCRAP, ("报废", "Scrap")),
    (DispositionKind.RETURN_TO_SUPPLIER, ("退回供应商", "Return to supplier")),
    (DispositionKind.REGRADE, ("降级", "Regrade")),
    (DispositionStatus.WAITING_FOR_SECOND, ("待第二人签字", "Waits for a second signature")),
    (DispositionStatus.TO_DO, ("待执行", "To do")),
    (DispositionStatus.TO_REINSPECT, ("待复检", "To be inspected again")),
    (DispositionStatus.DONE, ("已完成", "Done")),
    (DispositionStatus.FAILED, ("复检不合格", "Failed")),
    (DispositionStatus.VOID, ("作废", "Void")),
    (EventType.OBJECT, ("对象", "Object")),
    (EventType.AGGREGATION, ("聚合", "Aggregation")),
    (EventType.TRANSACTION, ("交易", "Transaction")),
    (EventType.TRANSFORMATION, ("转化", "Transformation")),
    (EventType.ASSOCIATION, ("关联", "Association")),
    (Action.ADD, ("新增", "add")),
    (Action.OBSERVE, ("观察", "observe")),
    (Action.DELETE, ("删除", "delete")),
    (LineKind.MADE, ("生产", "Made")),
    (LineKind.RECEIVED, ("收货", "Received")),
    (LineKind.RETURNED, ("退回", "Returned")),
    (LineKind.FOUND, ("盘盈", "Found in stock-taking")),
    (LineKind.USED, ("投料", "Used")),
    (LineKind.SHIPPED, ("发货", "Shipped")),
    (LineKind.DESTROYED, ("销毁", "Destroyed")),
    (LineKind.MISSED, ("盘亏", "Missing in stock-taking")),
    (LineKind.TRANSFERRED, ("调拨", "Transferred")),
    (LineKind.SERIALISED, ("赋码", "Given serials")),
    (Kind.PERIODIC, ("型式检验", "Periodic")),
    (RowKind.OBJECT, ("存续", "Exists")),
    (RowKind.CONTAINER, ("容器", "Container")),
    (RowKind.STAY, ("停留", "Stay")),
    (RowKind.STEP, ("工序", "Step")),
    (RowKind.WAIT, ("等待", "Wait")),
    (RowKind.TRANSPORT, ("运输", "Transport")),
    (RowKind.HOLD, ("扣留", "Hold")),
    (HoldCauseKind.MANUAL, ("人工", "By hand")),
    (HoldCauseKind.RULE, ("规则", "By a rule")),
    (HoldCauseKind.INSPECTION, ("检验", "By an inspection")),
    (HoldCauseKind.RECALL, ("召回", "By a recall")),
    (HoldCauseKind.NONCONFORMANCE, ("不合格品", "By a nonconformance")),
)
_WORDS: Final[Mapping[tuple[type[Enum], str], tuple[str, str]]] = {(type(each), each.name): words for each, words in _PAIRS}


def word(value: Enum | None, language: str) -> str:
    """What something is called; `language` a tag such as "zh-CN". A dash for nothing; the name of what has no words here."""
    if value is None:
        return "–"
    words = _WORDS.get((type(value), value.name))
    return words[0 if language.startswith("zh") else 1] if words else value.name.replace("_", " ").capitalize()
