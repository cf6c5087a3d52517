"""Printed documents: Chinese in the text layer, typeface embedded, tagged; nothing is fetched, and nobody prints for ever."""

from typing import Any

import pytest
from weasyprint.urls import FatalURLFetchingError

from infra.errors import UnavailableError
from infra.printing.fonts import font_for
from infra.printing.press import Press
from infra.printing.rendering import render
from infra.printing.shell import PrintedDocument, as_html
from tests.shapes.printed import characters, opened

BODY = """<h1>追溯报告</h1><p>猪肉白菜水饺 dumplings</p>
<table><thead><tr><th scope="col">批次</th></tr></thead><tbody><tr><td>L-1</td></tr></tbody></table>"""


def document(body: str = BODY, **more: Any) -> PrintedDocument:
    """A page."""
    return PrintedDocument(title="追溯报告", language="zh-CN", body=body, header_left="公司", footer="脚注", **more)


async def test_a_document_is_printed_with_its_text_typeface_and_tags() -> None:
    pdf = await Press().print(1, document())
    plain = opened(pdf)
    assert set("追溯报告猪肉白菜水饺公司脚注dumplings") <= characters(pdf)
    assert b"/FontFile2" in plain or b"/FontFile3" in plain
    for sign in (b"/StructTreeRoot", b"/MarkInfo", b"zh-CN", b"/Table", b"/TH", b"pdfuaid"):
        assert sign in plain, sign
    assert len(pdf) < 120_000


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x.png", "https://example.com/x.png", "file:///etc/hostname", "//example.com/x", "x.png"])
def test_what_a_document_refers_to_is_not_fetched(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        render(document(f'<img alt="x" src="{address}">'))
    with pytest.raises(FatalURLFetchingError):
        render(document(style=f"p {{ background: url('{address}') }}"))


def test_pictures_in_the_document_itself_are_printed() -> None:
    picture = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3Ctext y='9'%3E图%3C/text%3E%3C/svg%3E"
    assert "图" in characters(render(document(f'<img alt="图" src="{picture}">', letters="图"))[0])


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(UnavailableError):
        await Press(seconds=0.05).print(1, document())


async def test_what_can_not_be_printed_is_refused_without_telling_why() -> None:
    with pytest.raises(UnavailableError) as refused:
        await Press().print(1, document('<img alt="x" src="https://example.com/x">'))
    assert "example.com" not in str(refused.value)


def test_titles_and_headers_are_escaped() -> None:
    page = as_html(PrintedDocument(title="<b>&", language='zh"', body="", header_left="<i>", footer="a & b", subject='"'))
    assert "<b>&<" not in page
    assert "<i>" not in page
    assert "a &amp; b" in page


def test_the_typeface_holds_what_is_written_and_little_more() -> None:
    assert len(font_for("追溯")) < 120_000
