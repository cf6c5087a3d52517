"""The kinds of messages that partners can subscribe to, with words for people; a kind's fields are only ever added to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TEST: Final = "webhook.test"
# Of the payload's form; a form that isn't compatible gets the next number.
VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a message of this kind tells, in Chinese and English, and the fields of its `data` beside `subject`."""

    chinese: str
    english: str
    fields: tuple[str, ...]


KINDS: Final[Mapping[str, Kind]] = {
    "alert.raised": Kind("出现预警", "An alert was raised", ("alert", "kind", "severity")),
    "alert.reset": Kind("预警条件已解除", "An alert ended because its condition is over", ("alert", "kind", "severity")),
    "hold.placed": Kind("货物被扣留", "A hold was placed", ("hold", "reason")),
    "hold.released": Kind("扣留被解除", "A hold was released", ("hold", "reason", "releaseReason")),
    "inspection.concluded": Kind("检验已得出结论", "An inspection was concluded", ("inspection", "conclusion")),
    "nonconformance.opened": Kind("开立不合格", "A nonconformance was opened", ("nonconformance", "title", "number", "severity")),
    "recall.announced": Kind("召回已公告", "A recall was announced, or extended", ("recall", "number", "title", "class", "depth", "version")),
    "recall.closed": Kind("召回已结案", "A recall was closed", ("recall", "number", "title")),
    "rule.fired": Kind("预警规则被触发", "An alert rule fired", ("rule", "name", "firing", "at")),
    "shipment.created": Kind("货物按指令发出", "Goods were shipped by a command", ("event", "objects", "toParty")),
}
