"""The shell of a printed document: A4, margins, running header, footer with page numbers, language, typeface, and styles of plain elements."""

import base64
from dataclasses import dataclass
from html import escape
from typing import Final

FONT_ADDRESS: Final = "font:sans"
_STYLE: Final = r"""
@font-face { font-family: Sheet; src: url(font:sans) }
@page {
  size: A4; margin: 24mm 18mm 22mm;
  @top-left { content: string(header-left); font: 8pt Sheet; color: #5b6470; vertical-align: bottom; padding-bottom: 4mm }
  @top-right { content: string(header-right); font: 8pt Sheet; color: #5b6470; vertical-align: bottom; padding-bottom: 4mm }
  @bottom-left { content: string(footer-left) "\A" string(footer-second); white-space: pre; font: 7pt/1.5 Sheet; color: #5b6470; vertical-align: top;
    padding-top: 4mm }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt Sheet; color: #1d2530; vertical-align: top; padding-top: 4mm }
}
@page wide { size: A4 landscape; margin: 20mm 15mm 18mm }
html { font: 9pt/1.45 Sheet; color: #1d2530; font-variant-numeric: tabular-nums }
body { margin: 0 }
.running-left { string-set: header-left content(); } .running-right { string-set: header-right content(); }
.running-foot { string-set: footer-left content(); } .running-second { string-set: footer-second content(); }
.running { height: 0; margin: 0; font-size: 0; line-height: 0; color: transparent; overflow: hidden }
.wide { page: wide }
h1 { font-size: 19pt; font-weight: 700; line-height: 1.25; margin: 0 0 2mm; string-set: none }
h2 { font-size: 12pt; font-weight: 700; margin: 8mm 0 2.5mm; break-after: avoid }
p { margin: 0 0 2mm } .quiet { color: #5b6470 } .small { font-size: 7.5pt }
table { border-collapse: collapse; width: 100%; font-size: 8pt; line-height: 1.35 }
th { text-align: left; font-weight: 600; color: #3c4552; border-bottom: 0.8pt solid #3c4552; padding: 1.2mm 2mm 1.2mm 0; vertical-align: bottom }
td { border-bottom: 0.4pt solid #d9dee4; padding: 1.2mm 2mm 1.2mm 0; vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid } .number { text-align: right; white-space: nowrap; padding-right: 3mm } .whole { white-space: nowrap }
img { display: block; max-width: 100% }
"""


# Across each page, light enough to be read through and outlined so that it shows in black and white; a background is no content (ISO 14289-1 §7.8).
_WATERMARK: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 297"><text x="105" y="160" font-family="Sheet" font-size="30" font-weight="700" '
    'text-anchor="middle" fill="#f1f2f4" stroke="#dfe2e6" stroke-width="0.35" transform="rotate(-52 105 148)">{}</text></svg>'
)


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that travels inside of the document, where readers of PDF offer it. `text` is what stands in it; `told` says what it is."""

    name: str
    text: str
    told: str


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """What is printed. `body` is HTML of which every text is escaped already; `language` a tag such as "zh-CN".

    `letters` are what pictures in it write, whose text isn't seen from outside. Header and footer are plain text and stand on every page,
    beside the page number ("3 / 12"); `second_footer` is a line below the footer. `watermark` is written across every page.
    """

    title: str
    language: str
    body: str
    header_left: str = ""
    header_right: str = ""
    footer: str = ""
    style: str = ""
    subject: str = ""
    letters: str = ""
    second_footer: str = ""
    watermark: str = ""
    attachments: tuple[AttachedFile, ...] = ()

    @property
    def text(self) -> str:
        """All characters that it may print."""
        return f"{self.title}{self.body}{self.header_left}{self.header_right}{self.footer}{self.letters}{self.second_footer}{self.watermark}"


def as_html(document: PrintedDocument) -> str:
    """The whole page, which refers to nothing but the typeface."""
    running = "".join(
        f'<div class="running {name}" aria-hidden="true">{escape(text)}</div>'
        for name, text in (
            ("running-left", document.header_left), ("running-right", document.header_right), ("running-foot", document.footer),
            ("running-second", document.second_footer),
        )
    )  # fmt: skip
    return (
        f'<!doctype html><html lang="{escape(document.language)}"><head><meta charset="utf-8"><title>{escape(document.title)}</title>'
        f'<meta name="description" content="{escape(document.subject)}"><style>{_STYLE}{_watermarked(document)}{document.style}</style></head>'
        f"<body>{running}{document.body}</body></html>"
    )


def _watermarked(document: PrintedDocument) -> str:
    if not document.watermark:
        return ""
    picture = base64.b64encode(_WATERMARK.format(escape(document.watermark)).encode()).decode()
    return f"@page {{ background: url(data:image/svg+xml;base64,{picture}) center / contain no-repeat }}"
