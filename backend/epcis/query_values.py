"""One query parameter with its values, and how they are read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NoReturn

from backend.events.errors import QueryParameterError
from backend.events.fields.extraction import reference
from backend.events.fields.names import stored_text
from backend.events.fields.values import as_float, read_moment, read_number
from backend.events.query_service import Comparison, FieldTest
from backend.events.timestamps import parse_timestamp
from backend.events.vocabulary import Vocabulary, expanded
from backend.identifiers import Identifier, IdentifierRole, InvalidIdentifierError, parse_identifier

_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,64}(?:\.[0-9]{1,64})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """`prefixes` are the namespaces that compact names stand in. Each method raises `QueryParameterError` naming the parameter."""

    name: str
    values: tuple[str, ...]
    prefixes: Mapping[str, str]

    def refuse(self, problem: str) -> NoReturn:
        """The parameter can't be answered."""
        raise QueryParameterError(f"{self.name[:80]} {problem}", field=self.name[:80])

    @property
    def _shown(self) -> str:
        return ",".join(self.values)[:60]

    def time(self) -> datetime:
        """The one value, a time with its zone."""
        moment = parse_timestamp(self.values[0]) if len(self.values) == 1 else None
        if moment is None:
            self.refuse(f"takes one time with its zone, like 2026-03-02T08:00:00Z; it was “{self._shown}”.")
        return moment

    def count(self) -> int:
        """The one value, a whole number from 1."""
        if len(self.values) != 1 or not _COUNT.fullmatch(self.values[0]) or int(self.values[0]) < 1:
            self.refuse(f"takes one whole number from 1; it was “{self._shown}”.")
        return int(self.values[0])

    def numbers(self, *, several: bool) -> tuple[Decimal, ...]:
        """The values, numbers within the range of a double."""
        for value in self.values:
            if not _DECIMAL.fullmatch(value) or as_float(Decimal(value)) is None:
                self.refuse(f"takes numbers; “{value[:40]}” is none.")
        if len(self.values) != 1 and not several:
            self.refuse(f"takes one number; it was “{self._shown}”.")
        return tuple(Decimal(value) for value in self.values)

    def flag(self) -> bool:
        """Whether what the parameter asks for is wanted; it takes no value, or true."""
        if len(self.values) > 1 or (self.values and self.values[0].lower() not in ("true", "1", "false", "0", "null")):
            self.refuse("takes no value, or true.")
        return not self.values or self.values[0].lower() not in ("false", "0")

    def words(self, vocabulary: Vocabulary) -> tuple[str, ...]:
        """Bare words of the vocabulary in whichever form they were written, or other URIs in full."""
        return tuple(vocabulary.canonical(value, self.prefixes) or value for value in self.values)

    def references(self) -> tuple[str, ...]:
        """URIs in the form in which they are compared."""
        return tuple(stored_text(reference(value, self.prefixes)) for value in self.values)

    def places(self) -> tuple[str, ...]:
        """Canonical URIs of places."""
        return tuple(self.identifier(value).uri for value in self.values)

    def identifier(self, value: str) -> Identifier:
        """One value as an identifier."""
        try:
            return parse_identifier(expanded(value, self.prefixes), role=IdentifierRole.REFERENCE)
        except InvalidIdentifierError as problem:
            raise QueryParameterError(f"{self.name}: {problem.message}", field=self.name) from problem

    def test(self, field: int, comparison: Comparison) -> FieldTest:
        """A field of any type: equal to one of the values, or on one side of a number or a time."""
        if comparison is Comparison.EXISTS:
            return FieldTest(field, comparison)
        numbers = tuple(number for value in self.values if (number := read_number(value)) is not None)
        times = tuple(moment for value in self.values if (moment := read_moment(value)) is not None)
        if comparison is Comparison.EQ:
            return FieldTest(field, comparison, tuple(stored_text(value) for value in self.values), numbers, times)
        if len(self.values) != 1 or not (numbers or times):
            self.refuse(f"takes one number or one time; it was “{self._shown}”.")
        return FieldTest(field, comparison, (), numbers, times)
