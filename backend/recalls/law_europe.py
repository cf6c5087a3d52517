"""The European Union: food, medicines, medical devices, consumer products. What binds authorities only is shown as such."""

from typing import Final

from backend.recalls.kinds import RecallClass, RecallDecision, Sector
from backend.recalls.law import EVERY_CLASS, Begins, LegalDuty, MetBy, Words, days, hours

_ONE: Final = frozenset({RecallClass.I})
_FOOD: Final = Words("成员国食品主管机关", "Competent food authority of the Member State")
_RASFF: Final = Words("成员国RASFF联络点（机关自身的期限）", "RASFF contact point of the Member State (the authority's own period)")
_DEVICES: Final = Words("成员国医疗器械主管机关", "Competent authority for medical devices")
_MEDICINES: Final = Words("成员国药品主管机关；集中审批药品为EMA", "Competent medicines authority; EMA for centrally authorised products")
_MARKET: Final = Words("成员国市场监督机关（Safety Business Gateway）", "Market surveillance authority (Safety Business Gateway)")
_RECALL: Final = frozenset({RecallDecision.RECALL})

EUROPE: Final[tuple[LegalDuty, ...]] = (
    LegalDuty(
        "eu.food.withdraw", "EU", Sector.FOOD, EVERY_CLASS, _FOOD,
        Words("立即启动撤回程序并告知主管机关", "Start the withdrawal immediately, and inform the authorities"),
        Words("(EC) 178/2002 第19条第1款", "Regulation (EC) 178/2002, art. 19(1)"), Begins.KNOWN, None, MetBy.ANNOUNCEMENT,
    ),
    LegalDuty(
        "eu.food.consumers", "EU", Sector.FOOD, EVERY_CLASS, _FOOD,
        Words("有效、准确地告知消费者撤回原因，必要时召回", "Inform consumers effectively and accurately, and recall where needed"),
        Words("(EC) 178/2002 第19条第1款", "Regulation (EC) 178/2002, art. 19(1)"), Begins.DECIDED, None, decisions=_RECALL,
    ),
    LegalDuty(
        "eu.food.inform", "EU", Sector.FOOD, EVERY_CLASS, _FOOD,
        Words("立即告知可能有害健康的食品", "Inform the authorities immediately that the food may be injurious to health"),
        Words("(EC) 178/2002 第19条第3款", "Regulation (EC) 178/2002, art. 19(3)"), Begins.KNOWN, None,
    ),
    LegalDuty(
        "eu.food.trace", "EU", Sector.FOOD, EVERY_CLASS, _FOOD,
        Words("应要求提供供应商与客户信息", "Give the names of suppliers and customers on demand"),
        Words("(EC) 178/2002 第18条第2、3款", "Regulation (EC) 178/2002, art. 18(2) and (3)"), Begins.REQUESTED, None,
    ),
    LegalDuty(
        "eu.food.rasff", "EU", Sector.FOOD, _ONE, _RASFF,
        Words("机关须发出RASFF警报通报（供预期参考）", "The authority sends an RASFF alert (for knowing what to expect)"),
        Words("(EU) 2019/1715 第17条第1款", "Implementing Regulation (EU) 2019/1715, art. 17(1)"), Begins.REQUESTED, hours(48),
        condition=Words("自风险报告机关之时起；欧盟委员会再于24小时内转发（第17条第3款）",
                        "From when the risk was reported to it; the Commission passes it on within 24 hours more (art. 17(3))"),
    ),
    LegalDuty(
        "eu.device.threat", "EU", Sector.MEDICAL_DEVICE, _ONE, _DEVICES,
        Words("报告严重公共健康威胁", "Report the serious public health threat"),
        Words("(EU) 2017/745 第87条第4款", "Regulation (EU) 2017/745, art. 87(4)"), Begins.KNOWN, days(2),
        condition=Words("构成严重公共健康威胁的", "Where there is a serious public health threat"),
    ),
    LegalDuty(
        "eu.device.death", "EU", Sector.MEDICAL_DEVICE, frozenset({RecallClass.I, RecallClass.II}), _DEVICES,
        Words("报告死亡或意外的健康严重恶化", "Report the death or unanticipated serious deterioration of health"),
        Words("(EU) 2017/745 第87条第5款", "Regulation (EU) 2017/745, art. 87(5)"), Begins.KNOWN, days(10),
        condition=Words("有死亡或意外的健康严重恶化的", "Where somebody died, or his health deteriorated seriously and unexpectedly"),
    ),
    LegalDuty(
        "eu.device.incident", "EU", Sector.MEDICAL_DEVICE, EVERY_CLASS, _DEVICES,
        Words("报告严重事件", "Report the serious incident"),
        Words("(EU) 2017/745 第87条第3款", "Regulation (EU) 2017/745, art. 87(3)"), Begins.KNOWN, days(15),
        condition=Words("有严重事件的", "Where there was a serious incident"),
    ),
    LegalDuty(
        "eu.device.fsca", "EU", Sector.MEDICAL_DEVICE, EVERY_CLASS, _DEVICES,
        Words("在实施前报告现场安全纠正措施", "Report the field safety corrective action before it is undertaken"),
        Words("(EU) 2017/745 第87条第8款", "Regulation (EU) 2017/745, art. 87(8)"), Begins.DECIDED, None,
    ),
    LegalDuty(
        "eu.device.notice", "EU", Sector.MEDICAL_DEVICE, EVERY_CLASS, _DEVICES,
        Words("以现场安全通知告知使用者", "Bring it to the users' attention by a field safety notice"),
        Words("(EU) 2017/745 第89条第8款", "Regulation (EU) 2017/745, art. 89(8)"), Begins.DECIDED, None, MetBy.ANNOUNCEMENT,
    ),
    LegalDuty(
        "eu.drug.defect", "EU", Sector.DRUG, EVERY_CLASS, _MEDICINES,
        Words("报告可能导致召回的质量缺陷", "Report the quality defect that could result in a recall"),
        Words("(EU) 2017/1572 第13条", "Directive (EU) 2017/1572, art. 13"), Begins.KNOWN, None,
    ),
    LegalDuty(
        "eu.drug.withdraw", "EU", Sector.DRUG, EVERY_CLASS, _MEDICINES,
        Words("立即（forthwith）通知撤市措施及理由", "Notify the withdrawal and its reasons forthwith"),
        Words("2001/83/EC 第123条第2款", "Directive 2001/83/EC, art. 123(2)"), Begins.DECIDED, None,
    ),
    LegalDuty(
        "eu.drug.alert", "EU", Sector.DRUG, _ONE, Words("成员国药品主管机关（机关自身的职责）", "Medicines authority (its own duty)"),
        Words("机关发出快速警报（供预期参考）", "The authority transmits a rapid alert (for knowing what to expect)"),
        Words("欧盟检查程序汇编：质量缺陷快速警报程序", "Compilation of Union Procedures: rapid alerts arising from quality defects"),
        Begins.DECIDED, None,
    ),
    LegalDuty(
        "eu.product.act", "EU", Sector.OTHER, EVERY_CLASS, _MARKET,
        Words("立即采取纠正措施并告知消费者和机关", "Take corrective measures immediately, and inform consumers and authorities"),
        Words("(EU) 2023/988 第9条第8款", "Regulation (EU) 2023/988, art. 9(8)"), Begins.KNOWN, None, MetBy.ANNOUNCEMENT,
    ),
    LegalDuty(
        "eu.product.accident", "EU", Sector.OTHER, EVERY_CLASS, _MARKET,
        Words("毫不迟延地通报产品造成的事故", "Notify accidents caused by the product without undue delay"),
        Words("(EU) 2023/988 第20条第1款", "Regulation (EU) 2023/988, art. 20(1)"), Begins.KNOWN, None,
        condition=Words("有死亡或健康安全受严重影响的", "Where somebody died, or his health or safety was seriously affected"),
    ),
    LegalDuty(
        "eu.product.consumers", "EU", Sector.OTHER, EVERY_CLASS, _MARKET,
        Words("毫不迟延地直接通知可识别的消费者", "Notify all consumers who can be identified directly and without undue delay"),
        Words("(EU) 2023/988 第35、36条", "Regulation (EU) 2023/988, art. 35 and 36"), Begins.DECIDED, None, decisions=_RECALL,
    ),
)  # fmt: skip
