"""The words of the warnings in both languages: what is legal and usually a mistake, and what to do about it."""

from dataclasses import dataclass
from typing import Final

from backend.history.negotiation import Language


@dataclass(frozen=True, slots=True)
class Advice:
    """One warning's words; `{}` stands for what differs. `rule` names where the standard speaks of it."""

    rule: str
    message: str
    mend: str
    message_zh: str
    mend_zh: str

    def told(self, language: Language, values: tuple[str, ...]) -> tuple[str, str]:
        """What it says, and what to do."""
        message, mend = (self.message_zh, self.mend_zh) if language is Language.ZH else (self.message, self.mend)
        return message.format(*values), mend


ADVICE: Final[dict[str, Advice]] = {
    "NO_EVENT_ID": Advice(
        "EPCIS 2.0 §7.4.1 eventID",
        "The event has no eventID.",
        "Give each event an id of its own (urn:uuid:…) and send the same id when you repeat it, so that a repetition is known as one.",
        "事件没有 eventID。",
        "请给每个事件一个自己的编号（urn:uuid:…），重发时编号不变，这样才能认出是重发。",
    ),
    "FUTURE_TIME": Advice(
        "EPCIS 2.0 §7.4.1 eventTime",
        "The event lies in the future: {}.",
        "Check the clock and the zone of the device that wrote it.",
        "事件时间在未来：{}。",
        "请检查产生该事件的设备的时钟和时区。",
    ),
    "LONG_AGO": Advice(
        "EPCIS 2.0 §7.4.1 eventTime",
        "The event is more than twenty years old: {}.",
        "Check the clock of the device that wrote it, and the order of day, month and year.",
        "事件发生在二十多年以前：{}。",
        "请检查产生该事件的设备的时钟，以及年、月、日的顺序。",
    ),
    "OFFSET_MISMATCH": Advice(
        "EPCIS 2.0 §7.4.1 eventTimeZoneOffset",
        "The time is written with the zone {}, but eventTimeZoneOffset says {}.",
        "Write both in the zone of the place where it happened.",
        "时间写的是时区 {}，而 eventTimeZoneOffset 是 {}。",
        "请都写成事件发生地的时区。",
    ),
    "NO_BIZ_STEP": Advice(
        "EPCIS 2.0 §7.3.5 bizStep",
        "The event has no business step.",
        "Say what was being done, like shipping or commissioning; without it nobody can tell why the event exists.",
        "事件没有业务步骤（bizStep）。",
        "请写明当时在做什么，例如 shipping 或 commissioning，否则无从知道为什么有这个事件。",
    ),
    "UNKNOWN_BIZ_STEP": Advice(
        "CBV 2.0 §7.1",
        "The business step {} is not one of the standard's.",
        "Use a word of the CBV where one fits; partners know no others.",
        "业务步骤 {} 不是标准中的词。",
        "有合适的标准词时请用标准词，合作方不认识其他的词。",
    ),
    "STEP_WITHOUT_NAMESPACE": Advice(
        "JSON-LD 1.1 §4.1.5 compact IRIs",
        'The business step {} has a prefix that "@context" doesn\'t declare.',
        'Add the prefix with its namespace to "@context", or write the whole URI.',
        "业务步骤 {} 的前缀没有在 “@context” 中声明。",
        "请在 “@context” 中声明该前缀及其命名空间，或写出完整的 URI。",
    ),
    "UNKNOWN_DISPOSITION": Advice(
        "CBV 2.0 §7.2",
        "The disposition {} is not one of the standard's.",
        "Use a word of the CBV where one fits.",
        "状态 {} 不是标准中的词。",
        "有合适的标准词时请用标准词。",
    ),
    "NO_PLACE": Advice(
        "EPCIS 2.0 §7.3.4",
        "The event says nothing about where it happened.",
        "Add readPoint (where it was seen) or bizLocation (where the goods are afterwards).",
        "事件没有写明发生地点。",
        "请加上 readPoint（在哪里看到）或 bizLocation（之后货物在哪里）。",
    ),
    "NO_DESTINATION": Advice(
        "EPCIS 2.0 §7.3.5 destination",
        "Goods leave, and nobody is named as their destination.",
        'Add destinationList with the party that gets them ("owning_party"), so that a recall finds it.',
        "货物发出，却没有写明去向。",
        "请在 destinationList 中写明收货方（“owning_party”），召回时才能找到。",
    ),
    "FRACTION_WITHOUT_UOM": Advice(
        "EPCIS 2.0 §7.3.3 uom",
        "The quantity {} has no unit of measure, so it counts pieces.",
        'Add "uom", like "KGM" or "LTR".',
        "数量 {} 没有计量单位，会当作件数。",
        "请加上 “uom”，例如 “KGM” 或 “LTR”。",
    ),
    "CLASS_IN_EPC_LIST": Advice(
        "EPCIS 2.0 §7.3.3 EPCs",
        "{} names a product or a lot, and stands in a list of single objects.",
        "Add the serial number, or move it to the list of quantities.",
        "{} 是产品或批次，却写在单件对象的列表里。",
        "请加上序列号，或移到数量列表中。",
    ),
    "SERIAL_UNDER_CLASS": Advice(
        "EPCIS 2.0 §7.3.3 quantityElement",
        "{} names one single object, and stands in a list of quantities.",
        "Move it to the list of EPCs, or name the lot or the product.",
        "{} 是单件对象，却写在数量列表里。",
        "请移到 EPC 列表中，或改写为批次或产品。",
    ),
    "NOT_A_GS1_KEY": Advice(
        "GS1 Digital Link: URI Syntax §4",
        "{} is no GS1 key; it is kept as it is.",
        "Use a GTIN with lot or serial or an SSCC if partners are to recognise the goods.",
        "{} 不是 GS1 编码，将原样保存。",
        "如果合作方也要认出这些货物，请用 GTIN 加批号或序列号，或 SSCC。",
    ),
    "MALFORMED_REFERENCE": Advice(
        "GS1 Digital Link: URI Syntax §4",
        "{} looks like a GS1 key and is none: {}",
        "Correct it; here it is kept as it is and will not match the right one.",
        "{} 看起来是 GS1 编码，其实不是：{}",
        "请更正；在这里它会原样保存，与正确的编码对不上。",
    ),
    "SEVERAL_PREFIXES": Advice(
        "GS1 General Specifications §1.4",
        "The event creates objects of several company prefixes: {}.",
        "Check the codes: a company numbers what it makes with its own prefix.",
        "事件中新产生的对象有多个厂商识别代码：{}。",
        "请核对编码：企业生产的东西应使用自己的厂商识别代码。",
    ),
    "FOREIGN_PREFIX": Advice(
        "GS1 General Specifications §1.4",
        "The event creates {}, which is not of your company's prefix, beside others that are.",
        "Check the code; where you make goods for somebody else it is right.",
        "事件中新产生的 {} 不属于贵公司的厂商识别代码，而其他的属于。",
        "请核对编码；如果是代工，则没有问题。",
    ),
    "TWICE_IN_DOCUMENT": Advice(
        "EPCIS 2.0 §7.4.1 eventID",
        "The document has this event before, at line {}: the same eventID, or without one the same content.",
        "Leave one of them out, or give the second an eventID of its own.",
        "文档中前面（第 {} 行）已有这个事件：eventID 相同，或没有编号而内容相同。",
        "请删去其中一个，或给第二个事件自己的 eventID。",
    ),
    "STORED_DIFFERENTLY": Advice(
        "EPCIS 2.0 §7.4.1 eventID",
        "Another event is stored here under this event's id, and says something else.",
        "Send a new event with an id of its own, or an error declaration for the stored one.",
        "这里已保存了同一编号的另一个事件，内容不同。",
        "请用新的编号发送新事件，或对已保存的事件作错误声明。",
    ),
    "OUTSIDE_SITES": Advice(
        "permission events.capture",
        "Capture would refuse it: you may not report of this place.",
        "Have it reported by somebody of that site, or ask for a grant.",
        "接收时会被拒绝：您无权上报该地点的事件。",
        "请由该站点的人上报，或申请授权。",
    ),
}
