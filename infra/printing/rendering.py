"""From a document to PDF, in this process. What it refers to is handed to it here, or isn't fetched at all."""

from typing import Any, Final

from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from infra.printing.fonts import font_for
from infra.printing.shell import FONT_ADDRESS, PrintedDocument, as_html

# Tagged, for readers who can't see it (ISO 14289-1).
VARIANT: Final = "pdf/ua-1"


class HandedOver(URLFetcher):  # type: ignore[misc] # the package has no types
    """Answers for what it was given and for what stands in an address itself (data:); the network and the disk don't exist for it."""

    def __init__(self, given: dict[str, bytes]) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
        self._given = given

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Raises `FatalURLFetchingError` for anything else: a document that asks for it is a defect, and isn't printed."""
        if url in self._given:
            return URLFetcherResponse(url, self._given[url], {"Content-Type": "font/ttf"})
        if not url.startswith("data:"):
            raise FatalURLFetchingError(f"a printed document refers to {url[:80]}")
        return super().fetch(url, headers)


def render(document: PrintedDocument) -> tuple[bytes, int]:
    """A tagged PDF with its typeface in it, and how many pages it has."""
    fetcher = HandedOver({FONT_ADDRESS: font_for(document.text)})
    # An address that leads nowhere: what is relative isn't fetched either.
    page = HTML(string=as_html(document), url_fetcher=fetcher, base_url="nowhere:")
    laid_out = page.render(font_config=FontConfiguration(), pdf_variant=VARIANT, pdf_tags=True)
    laid_out.metadata.attachments = [
        Attachment(string=file.text, name=file.name, description=file.told, relationship="Supplement", url_fetcher=fetcher)
        for file in document.attachments
    ]
    return bytes(laid_out.write_pdf(pdf_variant=VARIANT, pdf_tags=True)), len(laid_out.pages)
