"""China: food, drugs, medical devices, consumer products. Article numbers as published; where only the chapter is sure, it is named."""

from typing import Final

from backend.recalls.kinds import RecallClass, Sector
from backend.recalls.law import EVERY_CLASS, Begins, LegalDuty, MetBy, Period, Words, days, hours, working_days

_ONE, _TWO, _THREE = (frozenset({each}) for each in RecallClass)
_MARKET: Final = Words("县级以上地方市场监督管理部门", "Local market regulator (county level or above)")
_PROVINCE_MARKET: Final = Words("所在地省级市场监督管理部门", "Provincial market regulator")
_PROVINCE_DRUGS: Final = Words("所在地省级药品监督管理部门", "Provincial drug regulator")


def _food(key: str, classes: frozenset[RecallClass], start: int, finish: int) -> list[LegalDuty]:
    """Food recall measures (CFDA order 12 of 2015, amended by SAMR order 31 of 2020)."""
    start_article = Words("《食品召回管理办法》第十三条", "Measures for Food Recall, art. 13")
    return [
        LegalDuty(
            f"cn.food.{key}.start", "CN", Sector.FOOD, classes, _MARKET, Words("启动召回", "Start the recall"), start_article,
            Begins.KNOWN, hours(start), MetBy.ANNOUNCEMENT,
        ),
        LegalDuty(
            f"cn.food.{key}.report", "CN", Sector.FOOD, classes, _MARKET, Words("报告召回计划", "Report the recall plan"), start_article,
            Begins.KNOWN, hours(start),
        ),
        LegalDuty(
            f"cn.food.{key}.finish", "CN", Sector.FOOD, classes, _MARKET, Words("完成召回工作", "Complete the recall"),
            Words("《食品召回管理办法》第十八条", "Measures for Food Recall, art. 18"), Begins.ANNOUNCED, working_days(finish), MetBy.COMPLETION,
            condition=Words("情况复杂的，经主管部门同意可适当延长", "May be extended with the regulator's consent where it is complicated"),
        ),
    ]  # fmt: skip


def _drugs(key: str, classes: frozenset[RecallClass], period: Period) -> list[LegalDuty]:
    """Drug recall measures (NMPA announcement 92 of 2022, in force since 1 November 2022)."""
    chapter = Words("《药品召回管理办法》（2022年第92号公告）第三章", "Measures for Drug Recall (NMPA 2022 no. 92), chapter III")
    return [
        LegalDuty(
            f"cn.drug.{key}.notice", "CN", Sector.DRUG, classes, _PROVINCE_DRUGS,
            Words("发出召回通知", "Send the recall notices"), chapter, Begins.DECIDED, period, MetBy.ANNOUNCEMENT,
        ),
        LegalDuty(
            f"cn.drug.{key}.file", "CN", Sector.DRUG, classes, _PROVINCE_DRUGS,
            Words("备案调查评估报告、召回计划和召回通知", "File the assessment report, the recall plan and the notices"), chapter,
            Begins.DECIDED, period,
        ),
        LegalDuty(
            f"cn.drug.{key}.progress", "CN", Sector.DRUG, classes, _PROVINCE_DRUGS,
            Words("报告召回进展情况", "Report the progress of the recall"), chapter, Begins.ANNOUNCED, period, every=True,
        ),
    ]  # fmt: skip


def _devices(key: str, classes: frozenset[RecallClass], period: Period) -> list[LegalDuty]:
    """Medical device recall measures (CFDA order 29 of 2017, in force since 1 May 2017)."""
    return [
        LegalDuty(
            f"cn.device.{key}.notice", "CN", Sector.MEDICAL_DEVICE, classes, _PROVINCE_DRUGS,
            Words("通知经营企业、使用单位或者告知使用者", "Notify the dealers and users"),
            Words("《医疗器械召回管理办法》第三章", "Measures for Medical Device Recall, chapter III"), Begins.DECIDED, period, MetBy.ANNOUNCEMENT,
        ),
    ]  # fmt: skip


CHINA: Final[tuple[LegalDuty, ...]] = (
    *_food("1", _ONE, 24, 10),
    *_food("2", _TWO, 48, 20),
    *_food("3", _THREE, 72, 30),
    *_drugs("1", _ONE, days(1)),
    *_drugs("2", _TWO, days(3)),
    *_drugs("3", _THREE, days(7)),
    LegalDuty(
        "cn.drug.final", "CN", Sector.DRUG, EVERY_CLASS, _PROVINCE_DRUGS,
        Words("报告召回和处理情况", "Report the recall and what became of the goods"),
        Words("《药品召回管理办法》（2022年第92号公告）第三章", "Measures for Drug Recall (NMPA 2022 no. 92), chapter III"),
        Begins.COMPLETED, working_days(10),
    ),
    *_devices("1", _ONE, days(1)),
    *_devices("2", _TWO, days(3)),
    *_devices("3", _THREE, days(7)),
    LegalDuty(
        "cn.device.form", "CN", Sector.MEDICAL_DEVICE, EVERY_CLASS, _PROVINCE_DRUGS,
        Words("提交《医疗器械召回事件报告表》（立即）", "Submit the recall event report form (immediately)"),
        Words("《医疗器械召回管理办法》第十六条", "Measures for Medical Device Recall, art. 16"), Begins.DECIDED, None,
    ),
    LegalDuty(
        "cn.device.plan", "CN", Sector.MEDICAL_DEVICE, EVERY_CLASS, _PROVINCE_DRUGS,
        Words("提交调查评估报告和召回计划备案", "File the assessment report and the recall plan"),
        Words("《医疗器械召回管理办法》第十六条", "Measures for Medical Device Recall, art. 16"), Begins.DECIDED, working_days(5),
    ),
    LegalDuty(
        "cn.device.final", "CN", Sector.MEDICAL_DEVICE, EVERY_CLASS, _PROVINCE_DRUGS,
        Words("提交医疗器械召回总结评估报告", "Submit the concluding report"),
        Words("《医疗器械召回管理办法》第三章", "Measures for Medical Device Recall, chapter III"), Begins.COMPLETED, working_days(10),
    ),
    LegalDuty(
        "cn.product.injury", "CN", Sector.OTHER, _ONE, _PROVINCE_MARKET,
        Words("报告可能存在的缺陷", "Report the possible defect"),
        Words("《消费品召回管理暂行规定》（总局令第19号）", "Interim Provisions on Consumer Product Recall (SAMR order 19)"),
        Begins.KNOWN, working_days(2),
        condition=Words("已经或者可能造成死亡、严重人身伤害、重大财产损失的", "Where it caused or may cause death, serious injury or great damage"),
    ),
    LegalDuty(
        "cn.product.recall", "CN", Sector.OTHER, EVERY_CLASS, _PROVINCE_MARKET,
        Words("停止生产销售并实施召回（立即）", "Stop producing and selling, and recall (immediately)"),
        Words("《消费品召回管理暂行规定》（总局令第19号）", "Interim Provisions on Consumer Product Recall (SAMR order 19)"),
        Begins.DECIDED, None, MetBy.ANNOUNCEMENT,
    ),
)  # fmt: skip
