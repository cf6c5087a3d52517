"""The United States: FDA (food, drugs, devices) and the Consumer Product Safety Commission."""

from typing import Final

from backend.recalls.kinds import RecallClass, Sector
from backend.recalls.law import EVERY_CLASS, Begins, LegalDuty, MetBy, Words, days, hours, working_days

_FDA: Final = Words("美国食品药品监督管理局（FDA）", "Food and Drug Administration (FDA)")
_CPSC: Final = Words("美国消费品安全委员会（CPSC）", "Consumer Product Safety Commission (CPSC)")
_ONE: Final = frozenset({RecallClass.I})
_REGULATED: Final = ((Sector.FOOD, "food"), (Sector.DRUG, "drug"), (Sector.MEDICAL_DEVICE, "device"))


def _any_recall(sector: Sector, name: str) -> list[LegalDuty]:
    """21 CFR part 7, subpart C, for whatever the FDA regulates."""
    return [
        LegalDuty(
            f"us.{name}.inform", "US", sector, EVERY_CLASS, _FDA,
            Words("立即通知FDA地区召回协调员", "Notify the FDA district recall coordinator immediately"),
            Words("21 CFR 7.46(a)", "21 CFR 7.46(a)"), Begins.DECIDED, None,
        ),
        LegalDuty(
            f"us.{name}.communicate", "US", sector, EVERY_CLASS, _FDA,
            Words("迅速通知直接客户", "Notify each affected direct account promptly"),
            Words("21 CFR 7.49(a)", "21 CFR 7.49(a)"), Begins.DECIDED, None, MetBy.ANNOUNCEMENT,
        ),
        LegalDuty(
            f"us.{name}.status", "US", sector, EVERY_CLASS, _FDA,
            Words("提交召回进展报告（通常每2至4周，此处按2周）", "Submit a status report (usually every 2 to 4 weeks; counted here as 2)"),
            Words("21 CFR 7.53(a)", "21 CFR 7.53(a)"), Begins.ANNOUNCED, days(14), every=True,
            condition=Words("FDA可另定间隔", "Unless the FDA specifies another interval"),
        ),
    ]  # fmt: skip


UNITED_STATES: Final[tuple[LegalDuty, ...]] = (
    *(duty for sector, name in _REGULATED for duty in _any_recall(sector, name)),
    LegalDuty(
        "us.food.reportable", "US", Sector.FOOD, _ONE, _FDA,
        Words("通过可报告食品登记系统（RFR）提交报告", "Report to the Reportable Food Registry"),
        Words("21 U.S.C. 350f(d)(1)（FD&C法案第417条）", "21 U.S.C. 350f(d)(1) (FD&C Act, section 417)"), Begins.KNOWN, hours(24),
        condition=Words("认定为可报告食品（合理可能导致严重健康后果或死亡）",
                        "Where the food is a reportable food (reasonable probability of serious "
                        "adverse health consequences or death); the period runs from that determination"),
    ),
    LegalDuty(
        "us.food.fsma204", "US", Sector.FOOD, EVERY_CLASS, _FDA,
        Words("应要求提供追溯记录及可排序电子表格", "Provide the traceability records, and the electronic sortable spreadsheet, on request"),
        Words("21 CFR 1.1455(c)", "21 CFR 1.1455(c)"), Begins.REQUESTED, hours(24),
        condition=Words("食品追溯清单内的食品；FDA可同意更长的合理时间", "For foods of the Food Traceability List; FDA may agree to a longer "
                        "reasonable time"),
    ),
    LegalDuty(
        "us.drug.field_alert", "US", Sector.DRUG, EVERY_CLASS, _FDA,
        Words("提交现场警戒报告（FAR）", "Submit a field alert report"),
        Words("21 CFR 314.81(b)(1)", "21 CFR 314.81(b)(1)"), Begins.KNOWN, working_days(3),
        condition=Words("经批准的药品（NDA、ANDA）", "For drugs with an approved application (NDA, ANDA)"),
    ),
    LegalDuty(
        "us.device.correction", "US", Sector.MEDICAL_DEVICE, frozenset({RecallClass.I, RecallClass.II}), _FDA,
        Words("提交纠正或移除报告", "Report the correction or removal"),
        Words("21 CFR 806.10(b)", "21 CFR 806.10(b)"), Begins.ANNOUNCED, working_days(10),
        condition=Words("为降低健康风险而采取的", "Where it was initiated to reduce a risk to health"),
    ),
    LegalDuty(
        "us.device.urgent", "US", Sector.MEDICAL_DEVICE, _ONE, _FDA,
        Words("提交5日报告", "Submit a 5-day report"),
        Words("21 CFR 803.53", "21 CFR 803.53"), Begins.KNOWN, working_days(5),
        condition=Words("可报告事件须采取补救措施以防不合理的重大危害，或FDA书面要求",
                        "Where a reportable event necessitates remedial action to prevent an "
                        "unreasonable risk of substantial harm, or FDA asks for it in writing"),
    ),
    LegalDuty(
        "us.device.event", "US", Sector.MEDICAL_DEVICE, EVERY_CLASS, _FDA,
        Words("提交30日不良事件报告", "Submit a 30-day adverse event report"),
        Words("21 CFR 803.50(a)", "21 CFR 803.50(a)"), Begins.KNOWN, days(30),
        condition=Words("有死亡、严重伤害或可能导致此类后果的故障",
                        "Where there was a death, a serious injury, or a malfunction that could cause one"),
    ),
    LegalDuty(
        "us.product.report", "US", Sector.OTHER, EVERY_CLASS, _CPSC,
        Words("报告（立即，24小时内）", "Report (immediately: within 24 hours)"),
        Words("15 U.S.C. 2064(b)；16 CFR 1115.14(e)", "15 U.S.C. 2064(b); 16 CFR 1115.14(e)"), Begins.KNOWN, hours(24),
        condition=Words("取得可合理认定须报告的信息之后", "From obtaining reportable information; weekends and holidays aren't counted by 16 CFR "
                        "1115.14(a), but are here"),
    ),
    LegalDuty(
        "us.product.investigation", "US", Sector.OTHER, EVERY_CLASS, _CPSC,
        Words("完成是否须报告的调查", "Finish the investigation whether it is reportable"),
        Words("16 CFR 1115.14(d)", "16 CFR 1115.14(d)"), Begins.KNOWN, working_days(10),
        condition=Words("信息尚不能明确认定须报告的", "Where the information isn't clearly reportable"),
    ),
)  # fmt: skip
