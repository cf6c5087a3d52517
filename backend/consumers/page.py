"""Renders the pages on which consumers ask to be told of recalls: no scripts, nothing from elsewhere, every sign that somebody wrote escaped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backend.consumers.words import WORDS
from backend.guests.look import look_of
from backend.history.negotiation import Language
from backend.history.words import WORDS as SHARED_WORDS
from backend.history.words import Notice

LOOK: Final = look_of(Path(__file__).parent / "templates", "tell.css")


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
    return LOOK.render("tell.html", context)
