"""The parameters of the standard's SimpleMasterDataQuery (EPCIS 2.0 §8.2.7.2) in a query string."""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final

from backend.catalog.attributes import canonical
from backend.catalog.master_data import MasterDataQuery
from backend.catalog.vocabulary_repository import Key
from backend.events.errors import QueryParameterError
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier

MOST_VALUES: Final = 100
MOST_CONDITIONS: Final = 20
_EQUAL: Final = "EQATTR_"
_LISTS: Final = ("vocabularyName", "attributeNames", "EQ_name", "WD_name", "HASATTR")
_SINGLE: Final = ("includeAttributes", "includeChildren", "maxElementCount")
PAGING: Final = ("perPage", "nextPageToken")


def read_query(parameters: Iterable[tuple[str, str]]) -> MasterDataQuery:
    """What a query string asks for; raises `QueryParameterError` naming the parameter that can't be answered.

    Values are separated by a comma or a pipe; those of EQATTR_ by a pipe alone, for texts hold commas. Unlike in the standard
    includeAttributes and includeChildren may be left out, and are true then.
    """
    given: dict[str, list[str]] = {}
    for name, text in parameters:
        if name in PAGING:
            continue
        if name not in _LISTS and name not in _SINGLE and not (name.startswith(_EQUAL) and len(name) > len(_EQUAL)):
            known = ", ".join([*_LISTS, f"{_EQUAL}attribute", *_SINGLE, *PAGING])
            raise QueryParameterError(f"The parameter {name[:80]} is not answered here. Known are: {known}.", field=name[:80])
        parts = [text] if name in _SINGLE else re.split(r"[|]" if name.startswith(_EQUAL) else r"[,|]", text)
        given.setdefault(name, []).extend(value.strip() for value in parts if value.strip())
    for name, values in given.items():
        if not 1 <= len(values) <= MOST_VALUES:
            raise QueryParameterError(f"{name[:80]} takes 1 to {MOST_VALUES} values; it has {len(values)}.", field=name[:80])
    equal = tuple((name.removeprefix(_EQUAL), tuple(values)) for name, values in given.items() if name.startswith(_EQUAL))
    if len(equal) + len(given.get("HASATTR", ())) > MOST_CONDITIONS:
        raise QueryParameterError(f"At most {MOST_CONDITIONS} conditions on attributes are answered at once.", field="HASATTR")
    vocabularies, names = given.get("vocabularyName"), given.get("attributeNames")
    return MasterDataQuery(
        include_attributes=_flag(given, "includeAttributes"), include_children=_flag(given, "includeChildren"),
        vocabularies=None if vocabularies is None else tuple(vocabularies),
        attribute_names=None if names is None else tuple(canonical(name) for name in names), names=_uris(given, "EQ_name"),
        within=_uris(given, "WD_name"), having=tuple(given.get("HASATTR", ())), equal=equal, most=_most(given),
    )  # fmt: skip


def _flag(given: dict[str, list[str]], name: str) -> bool:
    values = given.get(name, ["true"])
    if values not in (["true"], ["false"]):
        raise QueryParameterError(f"{name} is true or false; it was “{','.join(values)[:20]}”.", field=name)
    return values == ["true"]


def _uris(given: dict[str, list[str]], name: str) -> tuple[str, ...] | None:
    if name not in given:
        return None
    try:
        return tuple(parse_identifier(value, role=IdentifierRole.REFERENCE).uri for value in given[name])
    except InvalidIdentifierError as problem:
        raise QueryParameterError(f"{name}: {problem.message}", field=name) from problem


def _most(given: dict[str, list[str]]) -> int | None:
    values = given.get("maxElementCount")
    if values is None:
        return None
    text = values[0]
    if len(values) != 1 or not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 10**8:
        raise QueryParameterError(f"maxElementCount is a whole number from 1; it was “{','.join(values)[:20]}”.", field="maxElementCount")
    return int(text[:9])


def write_token(key: Key) -> str:
    """Where a page of elements ends."""
    return base64.urlsafe_b64encode(f"m{key[0]}\n{key[1]}".encode()).decode()


def read_token(token: str | None) -> Key:
    """Where the page before ended. Raises `QueryParameterError`."""
    if token is None:
        return ("", "")
    try:
        text = base64.urlsafe_b64decode(token[:4_000].encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    vocabulary, separator, element = text.partition("\n")
    if not separator or vocabulary[:1] != "m" or "\x00" in text:
        raise QueryParameterError("This nextPageToken is not one of ours. Take it from the Link header of the page before.", field="nextPageToken")
    return (vocabulary[1:], element)
