"""The first sheet: what the spreadsheet is of, how complete it is, how it was made, and what its words mean (1.1455(c)(1)). No I/O."""

from collections.abc import Mapping
from typing import Final

from backend.documents.work import Work
from backend.fsma204.elements import CTE_NAMES, SECTIONS, Cte
from backend.fsma204.selection import Selection
from backend.fsma204.service import Counts
from infra.clock import isoformat


def explanation(
    work: Work, selection: Selection, number: str, counts: Mapping[Cte, Counts], *, digest: str, generator: str
) -> list[tuple[str, str]]:  # fmt: skip
    """What the first sheet says: for whom, of what, how complete, how it was made, and what the words mean (1.1455(c)(1))."""
    pick = work.pick
    asked = [
        *(f"{pick('召回', 'Recall')} {number}" for _ in range(bool(number))),
        *(f"{pick('批次', 'Lots')}: {', '.join(selection.lots)}" for _ in range(bool(selection.lots))),
        *(f"{pick('时间', 'Time')}: {selection.since:%Y-%m-%d %H:%M %Z} – {selection.until:%Y-%m-%d %H:%M %Z}"
          for _ in range(selection.since is not None and selection.until is not None)),
        pick("全部食品", "all foods") if selection.every_food else pick("清单内及未定食品", "foods on the list, or of which that isn't determined"),
    ]  # fmt: skip
    records, complete = sum(one.records for one in counts.values()), sum(one.complete for one in counts.values())
    rows = [
        (pick("文件", "Document"), pick("FSMA 204 可排序电子表格", "Electronic sortable spreadsheet, 21 CFR 1.1455(c)(3)(ii)")),
        (pick("公司", "Company"), work.company), (pick("编号", "Number"), work.number), (pick("内容", "Contents"), "; ".join(asked)),
        (pick("制作时间", "Made at"), f"{isoformat(work.made_at)} ({work.time_zone})"), (pick("生成程序", "Generator"), generator),
        (pick("内容 SHA-256", "Content SHA-256"), digest),
        (pick("记录", "Records"), pick(f"{records} 行，{complete} 行完整", f"{records} lines, {complete} complete")),
    ]  # fmt: skip
    for cte in Cte:
        if cte in counts:
            own = counts[cte]
            gaps = ", ".join(f"{cite}: {own.missing[cite]}" for cite in sorted(own.missing))
            told = pick(f"{own.records} 行，{own.complete} 行完整", f"{own.records} lines, {own.complete} complete")
            rows.append(
                (
                    f"{SECTIONS[cte]} {CTE_NAMES[cte][0 if work.is_chinese else 1]}",
                    f"{told}{'; ' + pick('缺', 'missing') + ' ' + gaps if gaps else ''}",
                )
            )
    return [*rows, *((pick(*title), pick(*text)) for title, text in _GLOSSARY)]


_GLOSSARY: Final = (
    (
        ("日期", "Dates"),
        (
            "事件所在地时区的日期；时刻与时差见“事件时间”。",
            "As the clocks at the place showed them; the time with its offset stands in “Time of the event”.",
        ),
    ),
    (
        ("数量", "Quantities"),
        (
            "计量单位为 UN/CEFACT 第 20 号建议书代码（KGM 千克、LBR 磅、CS 箱），units 为件数。",
            "Units are codes of UN/CEFACT Recommendation 20 (KGM kilogram, LBR pound, CS case); “units” counts pieces.",
        ),
    ),
    (
        ("追溯批次代码", "Traceability lot code"),
        (
            "(01) 为 GTIN，(10) 为批号；企业自编代码按原样。",
            "(01) is the GTIN, (10) the lot number, as GS1 writes them; others stand as they were given.",
        ),
    ),
    (
        ("关联行", "Link between lines"),
        ("同一次加工的投入行与产出行具有相同的值。", "Lines of what went into a transformation and of what came out have the same value."),
    ),
    (
        ("缺少内容", "Missing"),
        ("未采集到的关键数据要素；带“?”者尚未确定是否适用。", "Elements that nobody told; with “?” it isn't decided whether they apply."),
    ),
    (("是否在清单上", "On the list"), ("“未定”者按清单内处理。", "What isn't determined is kept like what is on the list.")),
)
