"""How pages for guests look: one document with our own style sheet in it, no scripts, nothing from elsewhere, all that was written escaped."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup

from backend.history import page as history_page
from backend.history.negotiation import Language
from backend.history.words import WORDS, Notice

_SHARED: Final = Path(history_page.__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Look:
    """A component's templates, and what a browser may do with the pages that are made of them."""

    templates: Environment
    content_security_policy: str

    def render(self, template: str, context: Mapping[str, Any]) -> bytes:
        """A page."""
        return self.templates.get_template(template).render(context).encode()

    def render_message(self, notice: Notice, language: Language, *, reference: str = "") -> bytes:
        """A page that says one thing, such as that the link opens nothing."""
        return self.render("message.html", {"language": language, "words": WORDS[language], "notice": notice, "reference": reference})

    def answer(self, body: bytes, language: Language, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
        """A page as it is sent: nobody keeps it, searches for it or hears from where its reader came."""
        told = {
            **(headers or {}),
            **UNKEPT,
            "Content-Security-Policy": self.content_security_policy,
            "Content-Language": language.tag,
            "Vary": "Accept-Language",
            "X-Robots-Tag": "noindex, nofollow",
        }
        return Response(body, status_code=status, media_type="text/html", headers=told)


UNKEPT: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def look_of(templates: Path, sheet: str) -> Look:
    """The look of the pages whose templates and style sheet stand in a folder, upon what all public pages share."""
    style = "\n".join((folder / name).read_text(encoding="utf-8").strip() for folder, name in ((_SHARED, "style.css"), (templates, sheet)))
    known_by = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader([templates, _SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["style"] = Markup(style)  # noqa: S704 - our own files
    policy = f"default-src 'none'; style-src 'sha256-{known_by}'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    return Look(environment, policy)


def see_other(location: str) -> Response[bytes]:
    """Look again (303), so that a reload sends nothing twice."""
    return Response(b"", status_code=303, media_type="text/plain", headers={"Location": location, **UNKEPT})
