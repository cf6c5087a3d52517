"""Reads the form of the page: what somebody typed of one lot, and what has to be put right in it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from backend.recall_notices.content import Lot, plain
from backend.recall_notices.rules import QUANTITIES, Said, number_in
from infra.errors import InvalidInputError

NAME: Final = 100
FORWARDED_TO: Final = 200
NOTE: Final = 1_000
FIELDS: Final = ("act", "line", *QUANTITIES, "forwarded_to", "note", "name", "nothing", "more")


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed for which line; `wrong` names problems by field: "number", "empty", "both", "long", "line", "over"."""

    line: int
    given: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)
    said: Said | None = None


def read(given: Mapping[str, str], lots: tuple[Lot, ...]) -> Form:
    """The form of one lot; `said` where it can be taken as it is."""
    number = given.get("line", "")
    line = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    if not 1 <= line <= len(lots):
        return Form(0, given, {"line": "line"})
    wrong: dict[str, str] = {}
    amounts: dict[str, Decimal] = {}
    for name in QUANTITIES:
        try:
            amounts[name] = number_in(given.get(name, ""), name)
        except InvalidInputError:
            wrong[name] = "number"
    for name, limit in (("forwarded_to", FORWARDED_TO), ("note", NOTE), ("name", NAME)):
        text = given.get(name, "").strip()
        if len(text) > limit or "\x00" in text:
            wrong[name] = "long"
    nothing = bool(given.get("nothing"))
    if not wrong and nothing and any(amounts.values()):
        wrong["nothing"] = "both"
    if not wrong and not nothing and not any(amounts.values()):
        wrong["found"] = "empty"
    if wrong:
        return Form(line, given, wrong)
    said = Said(
        line, **amounts, nothing=nothing, forwarded_to=given.get("forwarded_to", "").strip(), note=given.get("note", "").strip(),
        confirmed=bool(given.get("more")),
    )  # fmt: skip
    received = lots[line - 1].received
    if received is not None and said.total > received and not said.confirmed:
        return Form(line, given, {"more": "over"}, said)
    return Form(line, given, said=said)


def former(answer: object) -> dict[str, str]:
    """An answer that stands, as the form shows it to be corrected."""
    amounts = {name: getattr(answer, name) for name in QUANTITIES}
    shown = {name: plain(value) if value else "" for name, value in amounts.items()}
    shown |= {"forwarded_to": getattr(answer, "forwarded_to"), "note": getattr(answer, "note")}  # noqa: B009 - as with the others
    return shown | ({"nothing": "on"} if getattr(answer, "nothing") else {})  # noqa: B009
