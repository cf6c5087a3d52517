"""What such papers are made of: blocks of facts, tables, prose, drawings and photos; and how they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.documents.digests import digest_of
from backend.documents.stamp import stamped
from backend.documents.work import Made, Work
from backend.shapes.exports.pictures import Picture
from infra.printing.shell import AttachedFile, PrintedDocument

PDF: Final = "application/pdf"
_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE: Final = (_TEMPLATES / "sheet.css").read_text(encoding="utf-8")
_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table. Numbers stand to the right, what is `whole` is never broken into lines; `share` is of the width, in percent."""

    title: str
    number: bool = False
    whole: bool = False
    share: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what there is to say of each; two columns of them where they are short."""

    rows: Sequence[tuple[str, str]]
    title: str = ""
    two_columns: bool = False
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """`note` says what isn't in it; `strong` are the numbers of rows that stand out (a mark says why, not their colour alone)."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""
    empty: str = ""
    strong: Sequence[int] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Prose:
    """What somebody wrote, with its line breaks; before it facts, behind it lists."""

    title: str
    text: str
    facts: Sequence[tuple[str, str]] = ()
    lists: Sequence[tuple[str, Sequence[str]]] = ()
    empty: str = ""
    state: str = ""
    done: bool = False
    kind: Literal["prose"] = "prose"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it comes to, in a frame. `mark` tells it without colours."""

    mark: str
    word: str
    text: str
    good: bool
    kind: Literal["verdict"] = "verdict"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Pictures on pages of their own."""

    pictures: Sequence[Picture]
    legend: str
    kind: Literal["drawing"] = "drawing"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A photo, as an address that holds it; `told` is what who can't see it is told, `sha256` the original's."""

    address: str
    caption: str
    told: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Photos, four in a row."""

    title: str
    photos: Sequence[Snapshot]
    note: str = ""
    kind: Literal["photos"] = "photos"


@dataclass(frozen=True, slots=True)
class Lines:
    """Where people sign by hand on paper; each is a role."""

    title: str
    roles: Sequence[str]
    date: str
    kind: Literal["lines"] = "lines"


Block = Facts | Table | Prose | Verdict | Drawing | Snapshots | Lines


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole paper. `maker` and `version` name what made it; `header` stands on each page at the right."""

    title: str
    subtitle: str
    header: str
    subject: str
    filename: str
    maker: str
    version: int
    blocks: Sequence[Block]
    letters: str = ""
    attachments: tuple[AttachedFile, ...] = ()
    notes: tuple[str, ...] = ()


def made_of(work: Work, sheet: Sheet) -> Made:
    """The paper to be printed. Its digest is over all that it says; of photos over their originals' digests."""
    generator = work.made_by(sheet.maker, sheet.version)
    digest = digest_of({"title": sheet.title, "subtitle": sheet.subtitle, "blocks": [_content(block) for block in sheet.blocks]})
    body = _environment.get_template("sheet.html").render(
        title=sheet.title, subtitle=sheet.subtitle, blocks=sheet.blocks,
        number_word=work.pick("文件编号", "Document"), number=work.number,
    )  # fmt: skip
    document = PrintedDocument(
        title=f"{sheet.title}: {sheet.subtitle}", language=work.language, body=body, header_left=work.company, header_right=sheet.header[:70],
        style=_STYLE, subject=sheet.subject, letters=sheet.letters, attachments=sheet.attachments,
    )  # fmt: skip
    return Made(
        stamped(work, document, digest=digest, generator=generator), PDF, sheet.filename, content_sha256=digest, generator=generator,
        notes=sheet.notes,
    )  # fmt: skip


def _content(block: Block) -> object:
    if isinstance(block, Snapshots):
        return [block.title, [[photo.sha256, photo.caption] for photo in block.photos]]
    if isinstance(block, Drawing):
        return [picture.title for picture in block.pictures]
    return block


def safe_name(text: str) -> str:
    """Of letters that every system takes in a file's name."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in text)[:60].strip("-") or "document"
