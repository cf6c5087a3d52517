"""The drawing of how what is suspected got into the goods: collapsed to what a person can read, from the first thing that is suspected."""

from dataclasses import dataclass
from typing import Final

from backend.documents.work import Work
from backend.recall_documents.facts import Facts
from backend.recall_documents.parts import Pen, Picture
from backend.shapes.exports.pictures import pictures_of
from backend.shapes.flow import Flow, flow
from backend.shapes.names import Reader
from backend.shapes.subject import Question
from backend.trace.rules import Direction
from infra.database import TenantTransaction
from infra.errors import SuyuanError

# Boxes that have room on one or two pages, and of how many things at most a drawing is made.
BOXES: Final = 36
MOST_DRAWN: Final = 2
# A trace that is longer takes minutes and says no more.
MOST_GOODS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pages, all that they write, and why there are none."""

    pictures: tuple[Picture, ...] = ()
    letters: str = ""
    without: str = ""


async def draw(work: Work, facts: Facts, reader: Reader, pen: Pen) -> Drawn:
    """Of the first roots among the affected goods; what can't be traced is said so, and doesn't keep the report from being made."""
    roots = [line for line in facts.goods if line.root][:MOST_DRAWN]
    if not roots:
        return Drawn(without=pen.pick("没有可绘制的来源。", "There is nothing suspected to draw."))
    if facts.counts.affected + facts.counts.units > MOST_GOODS:
        return Drawn(without=pen.pick("范围过大，未绘制谱系图；全部货物见附录。", "The scope is too large to be drawn; the appendix has all goods."))
    pictures: list[Picture] = []
    letters: list[str] = []
    for line in roots:
        question = Question(line.key, Direction.BOTH, None, None)

        async def read(tx: TenantTransaction, question: Question = question) -> Flow:
            return await flow(tx, reader, question, readable=BOXES)

        try:
            drawn = await work.in_tenant(read)
        except SuyuanError:
            continue
        found, written = pictures_of(drawn, language="zh" if pen.is_chinese else "en")
        pictures += [Picture(f"{pen.pick('谱系图', 'Genealogy')} · {line.code} · {each.title}", each.address, each.told) for each in found]
        letters.append(written)
    if not pictures:
        return Drawn(without=pen.pick("无法绘制谱系图。", "The genealogy couldn't be drawn."))
    return Drawn(tuple(pictures), "".join(letters))
