"""A recall of milk powder as its documents are told it, as large as a test wants it; and names that are meant to make trouble."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from backend.recall_documents.facts import (
    ActLine,
    AdditionLine,
    BalanceLine,
    Case,
    Checks,
    ClockLine,
    CoPackedLine,
    Counts,
    Facts,
    FateLine,
    Firm,
    GoodsLine,
    NoticeLine,
    Signed,
    TotalLine,
)
from backend.recall_documents.letter import LetterFacts, LetterLot

BEGAN = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
NASTY = '<script>alert(1)</script><img src=x onerror=y> & "‘' + "مرحبا שלום" + " 🍼👩‍🍳" + " \u202egnp.exe"
LONG = "very-long-name-without-a-blank-" * 16 + "end!"


def at(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


def pick(language: str, chinese: str, english: str) -> str:
    return chinese if language.startswith("zh") else english


def case(language: str = "zh-CN", *, drill: bool = False) -> Case:
    return Case(
        number="R-2026-0007",
        title=pick(language, "婴儿配方奶粉 900 g 检出阪崎克罗诺杆菌", "Infant formula 900 g: Cronobacter sakazakii found"),
        drill=drill,
        state="ANNOUNCED",
        decision="RECALL",
        recall_class="I",
        depth="CONSUMER",
        sector="FOOD",
        countries=("CN", "US"),
        reason=pick(
            language,
            "批次 B-2026-0417 的留样复检中检出阪崎克罗诺杆菌（GB 29921）。",
            "Cronobacter was found in the retained sample of lot B-2026-0417 (GB 29921).",
        ),
        hazard=pick(language, "对六个月以下婴儿可能引起败血症和脑膜炎。", "May cause sepsis and meningitis in infants below six months."),
        products=pick(language, "金穗婴儿配方奶粉 1 段 900 g", "Jinsui infant formula stage 1, 900 g"),
        instructions=pick(
            language, "立即停止销售，隔离存放，并在 24 小时内反馈库存。", "Stop selling at once, set apart, and report stock within 24 hours."
        ),
        decision_reason="",
        phone="+86 400 820 0000",
        email="recall@example.com",
        owner=pick(language, "王敏", "Wang Min"),
        known_at=BEGAN,
        opened_at=at(0.5),
        decided_at=at(9),
        decided_by=pick(language, "李雷", "Li Lei"),
        announced_at=at(11),
        completed_at=None,
        closed_at=None,
        root_cause="",
        waivers=(),
        links=("nonconformance:01a2…", "corrective_action:01a2…"),
    )


def goods(count: int, language: str = "zh-CN") -> tuple[GoodsLine, ...]:
    name = pick(language, "金穗婴儿配方奶粉 1 段 900 g", "Jinsui infant formula stage 1, 900 g")
    return tuple(
        GoodsLine(
            key=f"https://id.gs1.org/01/06901234500017/10/B-2026-{number:04d}",
            code=f"B-2026-{number:04d}",
            gtin="06901234500017",
            product=name,
            kind="LOT",
            certain=number % 5 != 4,
            why="" if number % 5 != 4 else pick(language, "未记录批次", "the lot wasn't told"),
            units=number * 3 % 17,
            root=number == 0,
            amounts={"": Decimal(1_200 - number % 300)},
            where=pick(language, "已发至客户 980 件；在库（已扣留）220 件", "at customers 980 pcs; on hold 220 pcs"),
        )
        for number in range(count)
    )


def facts(language: str = "zh-CN", *, lots: int = 40, drill: bool = False) -> Facts:
    def say(chinese: str, english: str) -> str:
        return pick(language, chinese, english)

    powder = say("金穗婴儿配方奶粉 1 段 900 g", "Jinsui infant formula stage 1, 900 g")
    fates = tuple(
        FateLine(
            customer=say(f"华东母婴连锁第 {number} 配送中心", f"East China Baby Stores, centre {number}"),
            product=powder,
            uom="",
            lots=3,
            shipped=Decimal(3_000),
            recovered=Decimal(2_000 - number * 90),
            destroyed=Decimal(120),
            sold=Decimal(300),
            used=Decimal(0),
            held=Decimal(200),
            unknown=Decimal(380 + number * 90),
            over=Decimal(0),
            proved=Decimal(1_500),
            recovery=Decimal("70.66"),
            known=Decimal("84.21"),
        )
        for number in range(1, 13)
    )
    overall = FateLine("", "", "", 36, Decimal(36_000), Decimal(17_000), Decimal(1_440), Decimal(3_600), Decimal(0), Decimal(2_400), Decimal(11_560),
                       Decimal(0), Decimal(18_000), Decimal("51.22"), Decimal("67.88"))  # fmt: skip
    return Facts(
        firm=Firm(
            say("金穗乳业有限公司", "Jinsui Dairy Co., Ltd."),
            say("呼和浩特市乳业路 8 号", "8 Dairy Road, Hohhot"),
            say("王金穗", "Wang Jinsui"),
            "91150100MA0N000000",
        ),
        case=case(language, drill=drill),
        version=1,
        frozen_at=at(11),
        known_at=at(11),
        scope_digest="3f" * 32,
        sources=(say("批次 B-2026-0000（金穗婴儿配方奶粉 1 段 900 g）", "Lot B-2026-0000 (Jinsui infant formula stage 1, 900 g)"),),
        bounds=(say("自 2026-04-01 起", "since 2026-04-01"),),
        counts=Counts(
            affected=lots,
            certain=lots - lots // 5,
            possible=lots // 5,
            left_out=2,
            units=lots * 8,
            suspects=3,
            co_packed=1,
            shipments=61,
            customers=12,
        ),
        signatures=(
            Signed(say("李雷", "Li Lei"), "recalled", say("一级召回", "Class I recall"), at(9), "a1" * 32),
            Signed(say("韩梅梅", "Han Meimei"), "approved", say("启动召回", "Announced"), at(11), "b2" * 32),
        ),
        clocks=(
            ClockLine(
                say("市场监管部门", "Market regulator"),
                say("启动一级召回", "Start a class I recall"),
                "食品召回管理办法",
                at(0),
                at(24),
                at(11),
                say("韩梅梅", "Han Meimei"),
                "MET",
                fixed=True,
                note="",
            ),
            ClockLine(
                "FDA",
                say("提交召回信息", "Submit the recall information"),
                "21 CFR 7.46(a)",
                at(9),
                at(33),
                at(36),
                "",
                "MET_LATE",
                fixed=False,
                note="",
            ),
            ClockLine(
                say("市场监管部门", "Market regulator"),
                say("完成召回", "Complete the recall"),
                "食品召回管理办法",
                at(11),
                at(251),
                None,
                "",
                "RUNNING",
                fixed=True,
                note="",
            ),
            ClockLine(
                say("市场监管部门", "Market regulator"),
                say("召回总结报告", "Final report"),
                "食品召回管理办法",
                at(11),
                at(12),
                None,
                "",
                "OVERDUE",
                fixed=True,
                note="",
            ),
        ),
        acts=tuple(
            ActLine(at(hours), kind, say("王敏", "Wang Min"), reason)
            for hours, kind, reason in (
                (0.5, "OPENED", ""),
                (1, "INVESTIGATED", ""),
                (2, "HELD", say("生产线 2 全部批次", "All lots of line 2")),
                (9, "DECIDED", say("一级召回", "Class I")),
                (11, "ANNOUNCED", say("范围第 1 版", "Scope version 1")),
                (11.1, "NOTICE_SENT", ""),
                (14, "NOTICE_ACKNOWLEDGED", ""),
                (30, "RECOVERED", "1 200"),
            )
        ),
        suspects=tuple(
            GoodsLine("k", code, "", name, "LOT", certain, why, 1, False, {}, "", say("内蒙古乳源", "Inner Mongolia Milk"))
            for code, name, certain, why in (
                ("WP-881", say("脱盐乳清粉", "Demineralised whey powder"), True, ""),
                ("LF-12", say("乳铁蛋白", "Lactoferrin"), True, ""),
                ("W-3", say("工艺用水", "Process water"), False, say("储罐取料", "taken from a tank")),
            )
        ),
        goods=goods(lots, language),
        co_packed=(CoPackedLine("B-2026-9001", say("奶粉 2 段", "Stage 2 formula"), Decimal(24), "", 2),),
        totals=(
            TotalLine("SHIPPED", powder, say("华东母婴连锁", "East China Baby Stores"), Decimal(36_000), "", True, 38),
            TotalLine("ON_HOLD", powder, say("一号成品库", "Warehouse one"), Decimal(7_400), "", True, 22),
            TotalLine("IN_TRANSIT", powder, say("京东物流", "JD Logistics"), Decimal(600), "", False, 2),
            TotalLine("IN_PRODUCTION", say("基粉", "Base powder"), say("混合罐 3", "Blender 3"), Decimal("1850.5"), "KGM", True, 1),
            TotalLine("DESTROYED", powder, say("一号成品库", "Warehouse one"), Decimal(120), "", True, 1),
            TotalLine("IN_STOCK", powder, say("门店退货区", "Returns area"), None, "", False, 1),
        ),
        balances=(
            BalanceLine(
                powder, "", Decimal(44_500), Decimal(7_400), Decimal(600), Decimal(0), Decimal(36_000), Decimal(0), Decimal(120), Decimal(380)
            ),
        ),
        fates=fates,
        overall=(overall,),
        discrepancies=2,
        notices=tuple(
            NoticeLine(
                line.customer,
                "FIRST",
                state,
                3,
                at(11.2),
                at(14) if state != "SENT" else None,
                say("赵刚", "Zhao Gang") if state != "SENT" else "",
                at(20) if state == "REPORTED" else None,
                at(83),
            )
            for line, state in zip(fates, ("REPORTED", "ACKNOWLEDGED", "SENT", "NO_ADDRESS", *["REPORTED"] * 8), strict=True)
        ),
        checks=Checks("A", 12, 12, 4, 1, 1, 6, 1, Decimal("85.71")),
        additions=(AdditionLine("ADDED", "B-2026-0901", powder, False, say("未记录批次", "the lot wasn't told"), at(40), "", None, ""),),
    )


def nasty(language: str = "en") -> Facts:
    """Names with markup, of right-to-left scripts, with pictures, of five hundred characters."""
    from dataclasses import replace

    plain = facts(language, lots=4)
    told = replace(plain.case, title=NASTY, reason=LONG, hazard=NASTY * 3, products=LONG, owner=NASTY)
    return replace(
        plain, firm=Firm(LONG, NASTY, NASTY, NASTY), case=told,
        goods=tuple(replace(line, code=NASTY, product=LONG, where=NASTY) for line in plain.goods),
        fates=tuple(replace(line, customer=LONG) for line in plain.fates), notices=tuple(replace(line, customer=NASTY) for line in plain.notices),
    )  # fmt: skip


def letter(
    language: str = "zh-CN", *, lots: int = 5, address: str = "上海市浦东新区世纪大道 100 号\n200120", link: str = "https://t.example/r/syr_abc"
) -> LetterFacts:
    told = case(language)
    return LetterFacts(
        company=pick(language, "金穗乳业有限公司", "Jinsui Dairy Co., Ltd."),
        sender=pick(language, "呼和浩特市乳业路 8 号", "8 Dairy Road, Hohhot"),
        number=told.number,
        title=told.title,
        kind="FIRST",
        drill=False,
        decision="RECALL",
        recall_class="I",
        depth="CONSUMER",
        customer=pick(language, "华东母婴连锁有限公司", "East China Baby Stores Ltd."),
        address=address,
        contact=pick(language, "质量部 赵刚", "Zhao Gang, Quality"),
        phone=told.phone,
        email=told.email,
        reason=told.reason,
        hazard=told.hazard,
        instructions=told.instructions,
        written_at=at(11.2),
        due_at=at(83),
        lots=tuple(
            LetterLot(line.product, line.code, line.gtin, Decimal(120), "", line.certain, "2026-04-18 · SO-2026-118")
            for line in goods(lots, language)
        ),
        link=link,
    )
