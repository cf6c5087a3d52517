"""The checks of single values, and the running account of one event's validation."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from backend.events.contexts import Scope
from backend.events.faults import MOST_FAULTS, Fault, below
from backend.events.json_text import DEEPEST, nesting_exceeds, too_deep
from backend.events.timestamps import parse_timestamp
from backend.events.vocabulary import Vocabulary, expanded
from backend.identifiers import IdentifierRole, InvalidIdentifierError, is_uri, parse_identifier
from backend.identifiers.describe import shown
from backend.identifiers.types import LONGEST_IDENTIFIER

_UNIT_CODE: Final = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"[A-Fa-f0-9]+", re.ASCII)
_EXTENSION_RULE: Final = "EPCIS 2.0 §6.3 extensions"


class Check:
    """What is known of one event while it is validated: its place, its prefixes, the faults found and the prefixes in use.

    Every check takes the path below the event (".eventTime", ".epcList[3]") and the value. `level` is the event's nesting in the
    document; `sets` tells that a list of EPCs may name nothing twice, as JSON has it but XML hasn't.
    """

    __slots__ = ("faults", "level", "path", "scope", "sets", "used")

    def __init__(self, path: str, scope: Scope, level: int, *, sets: bool = True) -> None:
        self.path = path
        self.scope = scope
        self.level = level
        self.sets = sets
        self.faults: list[Fault] = []
        self.used: set[str] = set()

    def fail(self, path: str, rule: str, message: str, mend: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(self.path + path, rule, message, mend))

    def expand(self, text: str) -> str:
        """The text with its prefix written out, which then counts as used."""
        full = expanded(text, self.scope.prefixes)
        if full is not text:
            self.used.add(text.partition(":")[0])
        return full

    def extension(self, path: str, name: str, value: Any, level: int) -> None:
        """A field that isn't the standard's: its name must carry a declared prefix or be a full URI, and so must those within."""
        if ":" not in name:
            self.fail(
                below(path, name),
                _EXTENSION_RULE,
                f"{shown(name)} is not a field that may stand here.",
                'Correct its name, or declare a prefix in "@context" and write it as "prefix:name".',
            )
            return
        self._name(path, name)
        if isinstance(value, dict | list):
            self._nested(below(path, name), value, self.level + level)
        elif isinstance(value, str) and self.scope.own:
            self.expand(value)

    def _name(self, path: str, name: str) -> None:
        prefix, _, rest = name.partition(":")
        if not rest:
            self.fail(below(path, name), _EXTENSION_RULE, "The field has no name behind its prefix.", "Write prefix:name.")
        elif prefix in self.scope.prefixes or self.scope.open_ended:
            self.used.add(prefix)
        elif prefix not in ("http", "https", "urn"):
            message = f"The prefix {shown(prefix)} is not declared."
            mend = f'Add {{{shown(prefix)}: "https://…/"}} to "@context".'
            self.fail(below(path, name), "JSON-LD 1.1 §4.1.5 compact IRIs", message, mend)

    def _nested(self, path: str, value: dict[str, Any] | list[Any], level: int) -> None:
        if nesting_exceeds(value, DEEPEST - level):
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(too_deep(self.path + path))
            return
        pending: list[Any] = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, dict):
                for name, child in item.items():
                    if ":" in name:
                        self._name(path, name)
                    pending.append(child)
            elif isinstance(item, list):
                pending.extend(item)
            elif isinstance(item, str) and self.scope.own:
                self.expand(item)


ValueCheck = Callable[[Check, str, Any], None]


def missing(check: Check, name: str, rule: str, mend: str) -> None:
    check.fail(f".{name}", rule, f'The field "{name.rpartition(".")[2]}" is missing.', mend)


def wrong_type(check: Check, path: str, rule: str, value: Any, wanted: str) -> None:
    kind = {str: "a text", bool: "a boolean", int: "a number", Decimal: "a number", list: "a list", dict: "an object"}
    check.fail(path, rule, f"It is {kind.get(type(value), 'null')}, not {wanted}.", f"Give {wanted}, or leave the field out.")


def timestamp(rule: str) -> ValueCheck:
    def check_timestamp(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str):
            wrong_type(check, path, rule, value, "a time")
        elif parse_timestamp(value) is None:
            check.fail(path, rule, f"{shown(value)} is not a date and time with a zone.", 'Write it like "2026-07-22T06:45:00.000+08:00".')

    return check_timestamp


def uri(rule: str, example: str) -> ValueCheck:
    """Any absolute URI."""

    def check_uri(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str):
            wrong_type(check, path, rule, value, "a URI")
        elif not is_uri(value):
            check.fail(path, rule, f"{shown(value)} is not a URI.", f"Write a URI like {example}.")
        elif len(value) > LONGEST_IDENTIFIER or len(value.encode()) > LONGEST_IDENTIFIER:
            check.fail(path, rule, f"The URI is longer than {LONGEST_IDENTIFIER} bytes.", "Write a shorter URI.")
        else:
            check.expand(value)

    return check_uri


def identifier(rule: str, role: IdentifierRole) -> ValueCheck:
    def check_identifier(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str):
            wrong_type(check, path, rule, value, "an identifier")
            return
        try:
            parse_identifier(check.expand(value), role=role)
        except InvalidIdentifierError as error:
            check.fail(path, rule, f"{shown(value)}: {error.problem}", error.mend)

    return check_identifier


def word(vocabulary: Vocabulary) -> ValueCheck:
    """A bare word of the standard's, or a URI of somebody else's."""

    def check_word(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str):
            wrong_type(check, path, vocabulary.rule, value, f"a word ({vocabulary.name})")
        elif value not in vocabulary.words:
            if vocabulary.canonical(value, check.scope.prefixes) is None:
                message = f"{shown(value)} is neither a word of the standard ({vocabulary.name}) nor a URI."
                check.fail(path, vocabulary.rule, message, f'Write a word like "{min(vocabulary.words)}", or a URI for a term of your own.')
            else:
                check.expand(value)

    return check_word


def number(rule: str) -> ValueCheck:
    def check_number(check: Check, path: str, value: Any) -> None:
        if type(value) is not int and type(value) is not Decimal:
            wrong_type(check, path, rule, value, "a number")

    return check_number


def text(rule: str) -> ValueCheck:
    def check_text(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str):
            wrong_type(check, path, rule, value, "a text")

    return check_text


def boolean(rule: str) -> ValueCheck:
    def check_boolean(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, bool):
            wrong_type(check, path, rule, value, "true or false")

    return check_boolean


def hexadecimal(rule: str) -> ValueCheck:
    def check_hexadecimal(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
            check.fail(path, rule, "It is not a text of hexadecimal digits.", 'Write it like "f0f0f0".')

    return check_hexadecimal


def unit_of_measure(rule: str) -> ValueCheck:
    def check_unit(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, str) or not _UNIT_CODE.fullmatch(value):
            seen = shown(value) if isinstance(value, str) else "It"
            check.fail(path, rule, f"{seen} is not a unit code.", 'Write a code of UN/ECE Recommendation 20, like "KGM" or "LTR".')

    return check_unit


def listed(rule: str, of_each: ValueCheck, *, unique: bool = False) -> ValueCheck:
    """A list; an empty one counts as absent. `unique` refuses a text that stands twice, where the syntax has sets."""

    def check_list(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, list):
            wrong_type(check, path, rule, value, "a list")
            return
        for index, item in enumerate(value):
            of_each(check, f"{path}[{index}]", item)
        if unique and check.sets and len(value) > 1:
            _refuse_repeats(check, path, rule, value)

    return check_list


def _refuse_repeats(check: Check, path: str, rule: str, value: list[Any]) -> None:
    texts = [item for item in value if isinstance(item, str)]
    if len(set(texts)) == len(texts):
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        if isinstance(item, str):
            if item in seen:
                check.fail(f"{path}[{index}]", rule, f"{shown(item)} stands twice in the list.", "Name each object once.")
            seen.add(item)


def fields(rule: str, known: dict[str, ValueCheck], required: tuple[str, ...], *, level: int, extensible: bool = True) -> ValueCheck:
    """An object of known fields. `level` is where it stands below the event, for the limit of nesting."""

    def check_fields(check: Check, path: str, value: Any) -> None:
        if not isinstance(value, dict):
            wrong_type(check, path, rule, value, "an object")
            return
        for name, item in value.items():
            of_field = known.get(name)
            if of_field is not None:
                of_field(check, f"{path}.{name}", item)
            elif extensible:
                check.extension(path, name, item, level + 1)
            else:
                check.fail(below(path, name), rule, f"{shown(name)} may not stand here.", f"Allowed are {', '.join(known)}.")
        for name in required:
            if name not in value:
                check.fail(f"{path}.{name}", rule, f'The field "{name}" is missing.', "Add it.")

    return check_fields
