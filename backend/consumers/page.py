"""Renders the pages on which consumers ask to be told of recalls: no scripts, nothing from elsewhere, every sign that somebody wrote escaped."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from backend.consumers.words import WORDS
from backend.history import page as history_page
from backend.history.negotiation import Language
from backend.history.words import WORDS as SHARED_WORDS
from backend.history.words import Notice

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SHARED: Final = Path(history_page.__file__).parent / "templates"
_STYLE: Final = "\n".join((folder / name).read_text(encoding="utf-8").strip() for folder, name in ((_SHARED, "style.css"), (_TEMPLATES, "tell.css")))
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_environment = Environment(
    loader=FileSystemLoader([_TEMPLATES, _SHARED]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    auto_reload=False,
)  # fmt: skip
_environment.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own files


@dataclass(frozen=True, slots=True)
class Goods:
    """What is asked about: a product, and a lot unless it is about all of them."""

    name: str
    lot: str


@dataclass(frozen=True, slots=True)
class Form:
    """The form, with what was written in it before."""

    token: str
    email: str = ""
    wrong: bool = False


def render(
    language: Language, publisher: str, *, notice: Notice | None = None, goods: Goods | None = None, form: Form | None = None, button: str = "",
    back: str = "", reference: str = "",
) -> bytes:  # fmt: skip
    """A page: a notice or the form's heading, what it is about, and what can be done."""
    context: dict[str, Any] = {
        "language": language, "words": WORDS[language], "shared": SHARED_WORDS[language], "publisher": publisher, "notice": notice, "goods": goods,
        "form": form, "button": button, "back": back, "reference": reference,
    }  # fmt: skip
    return _environment.get_template("tell.html").render(context).encode()
