"""Turns the words of a question into conditions on events and objects: names into keys, papers into fields, units into those of the log."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backend.catalog.sites import Sites, sites_within
from backend.events.canonical import Role
from backend.events.fields.names import Scope, field_code, standard
from backend.events.query_service import Comparison, EventFilter, FieldTest, ObjectMatch, with_few_named
from backend.events.vocabulary import BUSINESS_STEP, BUSINESS_TRANSACTION_TYPE, DISPOSITION, MEASUREMENT_TYPE, Vocabulary
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier
from backend.search import query_repository as repository
from backend.search.folding import LONGEST_TERM, fold
from backend.search.kinds import SearchKind
from backend.search.question import MOST_ALSO, MOST_TEXT, MOST_VALUES, Parameter, Part, Question
from backend.units.sensors import base_unit, in_base_unit
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MOST_MEANT: Final = 200
_SOURCES: Final = ("possessing_party", "owning_party", "location")
_SCOPES: Final = (Scope.TOP, Scope.ILMD, Scope.SENSOR_REPORT, Scope.SENSOR_ELEMENT, Scope.READ_POINT, Scope.BIZ_LOCATION)


@dataclass(frozen=True, slots=True)
class Conditions:
    """A question as it is asked of the tables. Codes are alternatives; None asks for nothing."""

    events: EventFilter
    parts: tuple[Part, ...] = ()
    places: Sites | None = None
    gtin: str | None = None
    lots: tuple[str, ...] | None = None
    serials: tuple[str, ...] | None = None
    kinds: tuple[int, ...] = ()
    also: tuple["Conditions", ...] = ()

    @property
    def names_objects(self) -> bool:
        """Whether the objects are few by what they are called."""
        return self.lots is not None or self.serials is not None


async def resolve(tx: TenantTransaction, asked: Question) -> Conditions | None:
    """The conditions; None where something that is named isn't known here, so that nothing can be found. Raises `InvalidInputError`."""
    _require_bounded(asked)
    tests = await _tests(tx, asked)
    place = await _uris(tx, asked.place, (SearchKind.PLACE,)) if asked.place is not None else ()
    if tests is None or (asked.place is not None and not place):
        return None
    also = [await resolve(tx, each) for each in asked.also]
    if None in also:
        return None
    wanted = EventFilter(
        event_time_from=asked.time_from,
        event_time_to=asked.time_to,
        types=tuple(int(kind) for kind in asked.event_types),
        biz_steps=_words(asked.biz_steps, BUSINESS_STEP),
        dispositions=_words(asked.dispositions, DISPOSITION),
        matches=(ObjectMatch((_key(asked.container, "container"),), tuple(Role)),) if asked.container is not None else (),
        any_of=tests,
    )
    return Conditions(
        await with_few_named(tx, wanted), asked.parts, await sites_within(tx, place) if place else None,
        _gtin(asked.product) if asked.product is not None else None, _spelled(asked.lot), _spelled(asked.serial),
        tuple(int(kind) for kind in asked.kinds) or tuple(repository.KNOWN_KINDS), tuple(each for each in also if each is not None),
    )  # fmt: skip


def _require_bounded(asked: Question) -> None:
    for name in ("product", "lot", "serial", "container", "document", "supplier", "supplier_lot", "customer", "equipment", "operator", "place"):
        text = getattr(asked, name)
        if text is not None and not (0 < len(text.strip()) <= MOST_TEXT and "\x00" not in text and text.isprintable()):
            raise InvalidInputError(f"“{name}” must have 1 to {MOST_TEXT} characters that can be printed.", field=f"filter.{name}")
    for name in ("biz_steps", "dispositions", "parameters", "event_types", "parts", "kinds"):
        if len(getattr(asked, name)) > MOST_VALUES:
            raise InvalidInputError(f"“{name}” takes {MOST_VALUES} values at most.", field=f"filter.{name}")
    if any("\x00" in word or len(word) > MOST_TEXT for word in (*asked.biz_steps, *asked.dispositions)):
        raise InvalidInputError("A business step or disposition is a word of the CBV or a URI.", field="filter.bizSteps")
    if len(asked.also) > MOST_ALSO or any(each.also for each in asked.also):
        raise InvalidInputError(f"“also” takes {MOST_ALSO} further questions at most, and none of them has any itself.", field="filter.also")


def _words(given: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(vocabulary.canonical(word, {}) or word for word in given)


def _spelled(code: str | None) -> tuple[str, ...] | None:
    return None if code is None else tuple(dict.fromkeys((code.strip(), code.strip().upper(), code.strip().lower())))


def _key(text: str, field: str) -> str:
    try:
        return parse_identifier(text.strip()).key
    except InvalidIdentifierError:
        pass
    try:
        return parse_identifier(f"(00){text.strip()}").key
    except InvalidIdentifierError as problem:
        raise InvalidInputError(f"“{field}” must be an identifier in any form, as an SSCC or a Digital Link.", field=f"filter.{field}") from problem


def _gtin(text: str) -> str:
    for written in (text.strip(), f"(01){text.strip().zfill(14)}"):
        try:
            found = parse_identifier(written).gtin
        except InvalidIdentifierError:
            continue
        if found is not None:
            return found
    raise InvalidInputError("“product” must be a GTIN, or an identifier that holds one.", field="filter.product")


async def _tests(tx: TenantTransaction, asked: Question) -> tuple[tuple[FieldTest, ...], ...] | None:
    """For each thing that is named, the fields in which it may stand; None where one is unknown."""
    found: list[tuple[FieldTest, ...]] = []
    if asked.document is not None:
        found.append(await _document(tx, asked.document, asked.document_type))
    for text, kind in (
        (asked.supplier_lot, SearchKind.SUPPLIER_LOT), (asked.equipment, SearchKind.EQUIPMENT), (asked.operator, SearchKind.OPERATOR),
    ):  # fmt: skip
        if text is not None:
            found.append(await _called(tx, text, kind))
    for text, name in ((asked.supplier, "source"), (asked.customer, "destination")):
        if text is not None:
            uris = await _uris(tx, text, (SearchKind.PARTNER, SearchKind.PLACE))
            found.append(tuple(_equal(standard(name, kind), uris) for kind in _SOURCES) if uris else ())
    for parameter in asked.parameters:
        found += await _measured(tx, parameter)
    return None if any(not tests for tests in found) else tuple(found)


def _equal(field: int, texts: Iterable[str]) -> FieldTest:
    return FieldTest(field, Comparison.EQ, texts=tuple(texts))


async def _called(tx: TenantTransaction, text: str, kind: SearchKind) -> tuple[FieldTest, ...]:
    """The fields and values of this kind that are called so, in any case."""
    by_field: dict[int, list[str]] = {}
    for row in await repository.fields_of(tx, [kind], [fold(text)[:LONGEST_TERM]], MOST_MEANT):
        if fold(text) in (fold(row["label"]), fold(row["key"])):
            by_field.setdefault(row["field"], []).append(row["key"])
    return tuple(_equal(field, keys) for field, keys in by_field.items())


async def _document(tx: TenantTransaction, number: str, kind: str | None) -> tuple[FieldTest, ...]:
    tests = await _called(tx, number, SearchKind.DOCUMENT)
    if kind is None:
        return tests
    field = standard("bizTransaction", BUSINESS_TRANSACTION_TYPE.canonical(kind, {}) or kind)
    return tuple(test for test in tests if test.field == field)


async def _uris(tx: TenantTransaction, text: str, kinds: Iterable[SearchKind]) -> tuple[str, ...]:
    """A party or place by its identifier, by its GLN, or by its whole name in any language."""
    tidy = text.strip()
    for written in (tidy, *(f"({ai}){tidy}" for ai in ("414", "417") if tidy.isascii() and tidy.isdigit() and len(tidy) == 13)):
        try:
            found = parse_identifier(written, role=IdentifierRole.TYPED)
        except InvalidIdentifierError:
            continue
        # One GLN names a party (417) and a place (414).
        return tuple(dict.fromkeys((found.uri, found.uri.replace("/417/", "/414/"), found.uri.replace("/414/", "/417/"))))
    rows = await repository.fields_of(tx, list(kinds), [fold(tidy)[:LONGEST_TERM]], MOST_MEANT)
    return tuple(row["key"] for row in rows if fold(tidy) in row["texts"].split("\n"))


async def _measured(tx: TenantTransaction, asked: Parameter) -> list[tuple[FieldTest, ...]]:
    low, high = asked.at_least, asked.at_most
    if any(bound is not None and not math.isfinite(bound) for bound in (low, high)):
        raise InvalidInputError("A bound of a parameter is a finite number.", field="filter.parameters")
    if asked.unit is not None:
        return _sensed(asked)
    if asked.name is None:
        raise InvalidInputError("A parameter has a name, or a unit of measure for what sensors report.", field="filter.parameters")
    codes = {field_code(scope, asked.name, inner=inner) for scope in _SCOPES for inner in (False, True)} if ":" in asked.name else set()
    rows = await repository.fields_of(tx, [SearchKind.PARAMETER], [fold(asked.name)[:LONGEST_TERM]], MOST_MEANT)
    codes |= {row["field"] for row in rows}
    return [tuple(_within(code, low, high) for code in sorted(codes))]


def _within(field: int, low: float | None, high: float | None) -> FieldTest:
    return FieldTest(field, Comparison.GE, numbers=(-math.inf if low is None else low,), up_to=high)


def _sensed(asked: Parameter) -> list[tuple[FieldTest, ...]]:
    """A sensor's report: a value, or the least, the greatest or the mean of several, in the unit in which its kind is kept."""
    unit = str(asked.unit)
    low, high = (None if bound is None else in_base_unit(Decimal(str(bound)), unit) for bound in (asked.at_least, asked.at_most))
    names = ("value", "minValue", "maxValue", "meanValue")
    found = [tuple(_within(standard(f"sensor.{name}", base_unit(unit)), low, high) for name in names)]
    if asked.name is not None:
        found.append((_equal(standard("sensor.type"), (MEASUREMENT_TYPE.canonical(asked.name, {}) or asked.name,)),))
    return found
