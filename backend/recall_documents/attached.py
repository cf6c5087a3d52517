"""The table of all affected goods, which travels inside of a report as CSV: paper ends somewhere, the table goes on."""

from decimal import Decimal
from typing import Final

from backend.recall_documents import words
from backend.recall_documents.facts import Facts
from backend.recall_documents.parts import Pen
from infra.csv_text import BOM, csv_rows
from infra.printing.shell import AttachedFile

NAME: Final = "affected.csv"


def attached(facts: Facts, pen: Pen) -> AttachedFile:
    """As spreadsheets open it; a row for each amount of each lot, unit or container."""
    heading = [
        pen.pick(*names) for names in (
            ("标识", "identifier"), ("代码", "code"), ("GTIN", "GTIN"), ("产品", "product"), ("类别", "kind"), ("数量", "quantity"), ("单位", "unit"),
            ("单件数", "units"), ("确定性", "certainty"), ("原因", "reason"), ("去向", "whereabouts"),
        )
    ]  # fmt: skip
    rows = [heading]
    for line in facts.goods:
        sure = pen.pick("确定", "certain") if line.certain else pen.pick("可能", "possible")
        amounts: list[tuple[str, Decimal | None]] = [*sorted(line.amounts.items())] or [("", None)]
        kind = pen.word(words.KINDS, line.kind)
        for uom, amount in amounts:
            told = ["", ""] if amount is None else [f"{amount.normalize():f}", pen.unit(uom)]
            rows.append([line.key, line.code, line.gtin, line.product, kind, *told, str(line.units), sure, line.why, line.where])
    return AttachedFile(NAME, (BOM + csv_rows(rows)).decode(), pen.pick("全部受影响货物", "All affected goods"))
