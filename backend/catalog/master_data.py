"""Master data as it is told now: by element, and as the standard's SimpleMasterDataQuery finds it (EPCIS 2.0 §8.2.7.2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.catalog import vocabulary_repository as repository
from backend.catalog.attributes import canonical, indexed, texts
from backend.catalog.vocabulary_repository import Key
from infra.database import TenantTransaction
from infra.errors import TooLargeError

# Beyond these a condition is as good as none: whoever asks is told so.
MOST_FOUND: Final = 20_000
MOST_TOLD: Final = 20_000
MOST_CHILDREN: Final = 50_000


class TooManyElementsError(TooLargeError):
    """The query finds more than the asker wants, or than is read at once (QueryTooLargeException)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one source tells of an element. `own` is the company's own word; `teller` is who told it, in words."""

    vocabulary: str
    element: str
    captured: str
    own: bool
    teller: str
    valid_from: datetime
    body: Mapping[str, Any]

    @property
    def attributes(self) -> list[dict[str, Any]]:
        """As they were told."""
        attributes: list[dict[str, Any]] = self.body.get("attributes", [])
        return attributes


async def told_of(tx: TenantTransaction, elements: Collection[str]) -> dict[str, list[Told]]:
    """What every source tells of these elements (canonical URIs): the company's own word first, then the newest."""
    found: dict[str, list[Told]] = defaultdict(list)
    for row in await repository.told_of(tx, elements, limit=MOST_TOLD) if elements else ():
        body = msgspec.json.decode(row["body"])
        found[row["element"]].append(
            Told(row["vocabulary"], row["element"], row["captured"], row["own"], row["teller"], row["valid_from"], body)
        )  # fmt: skip
    return found


async def attributes_of(tx: TenantTransaction, elements: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """The texts of each attribute (by canonical name) of these elements (canonical URIs), as the first source that has it tells it."""
    found: dict[str, dict[str, list[str]]] = {}
    for element, told in (await told_of(tx, elements)).items():
        attributes: dict[str, list[str]] = {}
        for source in told:
            of_source: dict[str, list[str]] = defaultdict(list)
            for item in source.attributes:
                of_source[canonical(item["id"])] += [text for _, text in texts(item.get("attribute"))]
            attributes = {**of_source, **attributes}
        found[element] = attributes
    return found


async def elements_having(tx: TenantTransaction, attribute: str, values: Collection[str] | None = None) -> list[str]:
    """The elements (canonical URIs) that have an attribute, in any of its spellings, or one of these values of it: for HASATTR and EQATTR.

    Raises `TooManyElementsError` beyond 20,000.
    """
    wanted = None if values is None else [indexed(value) for value in values]
    return _few(await repository.having(tx, indexed(canonical(attribute)), wanted, limit=MOST_FOUND + 1))


async def elements_below(tx: TenantTransaction, elements: Collection[str]) -> list[str]:
    """These elements and everything in them, through every level: for WD_ parameters. Raises `TooManyElementsError` beyond 20,000."""
    return _few(await repository.below(tx, elements, limit=MOST_FOUND + 1)) if elements else []


def _few(found: list[str]) -> list[str]:
    if len(found) > MOST_FOUND:
        raise TooManyElementsError(f"A condition on master data fits more than {MOST_FOUND} elements. Ask for less.")
    return found


@dataclass(frozen=True, slots=True)
class MasterDataQuery:
    """The parameters of the standard's query; elements are canonical URIs. Conditions are all to be met."""

    include_attributes: bool
    include_children: bool
    vocabularies: tuple[str, ...] | None = None
    attribute_names: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    within: tuple[str, ...] | None = None
    having: tuple[str, ...] = ()
    equal: tuple[tuple[str, tuple[str, ...]], ...] = ()
    most: int | None = None


@dataclass(slots=True)
class FoundElement:
    """An element as the query answers it: the attributes of the source that counts for each, and the children that any source tells."""

    vocabulary: str
    captured: str
    element: str
    attributes: list[dict[str, Any]] = field(default_factory=list)
    children: list[str] = field(default_factory=list)


async def find(tx: TenantTransaction, wanted: MasterDataQuery, *, after: Key, limit: int) -> list[FoundElement]:
    """Elements from behind one, in order of vocabulary and URI. Raises `TooManyElementsError` where more than `most` are found."""
    elements = await _conditions(tx, wanted)
    if elements is not None and not elements:
        return []
    if wanted.most is not None:
        found = await repository.page(tx, vocabularies=wanted.vocabularies, elements=elements, after=("", ""), limit=min(wanted.most, MOST_FOUND) + 1)
        if len(found) > wanted.most:
            raise TooManyElementsError(f"More than {wanted.most} elements are found (maxElementCount).", field="maxElementCount")
    keys = await repository.page(tx, vocabularies=wanted.vocabularies, elements=elements, after=after, limit=limit)
    return await _tell(tx, wanted, keys)


async def _conditions(tx: TenantTransaction, wanted: MasterDataQuery) -> list[str] | None:
    """The elements that meet every condition; None where there is none."""
    found: set[str] | None = None
    sets: list[Iterable[str]] = []
    if wanted.names is not None:
        sets.append(wanted.names)
    if wanted.within is not None:
        sets.append(await elements_below(tx, wanted.within))
    sets += [await elements_having(tx, attribute) for attribute in wanted.having]
    sets += [await elements_having(tx, attribute, values) for attribute, values in wanted.equal]
    for one in sets:
        found = set(one) if found is None else found & set(one)
    return None if found is None else sorted(found)


async def _tell(tx: TenantTransaction, wanted: MasterDataQuery, keys: Sequence[Key]) -> list[FoundElement]:
    elements = list(dict.fromkeys(element for _, element in keys))
    told = await told_of(tx, elements)
    held: dict[str, list[str]] = defaultdict(list)
    if wanted.include_children and elements:
        for row in await repository.children_of(tx, elements, limit=MOST_CHILDREN):
            held[row["element"]].append(row["child"])
    found = []
    for vocabulary, element in keys:
        sources = [source for source in told.get(element, ()) if source.vocabulary == vocabulary]
        answer = FoundElement(vocabulary, sources[0].captured if sources else element, element)
        if wanted.include_attributes:
            answer.attributes = _of_sources(sources, wanted.attribute_names)
        if wanted.include_children:
            children = [child for source in sources for child in source.body.get("children", ())]
            answer.children = list(dict.fromkeys([*children, *(held[element] if vocabulary.endswith("Location") else ())]))
        found.append(answer)
    return found


def _of_sources(sources: Sequence[Told], names: Collection[str] | None) -> list[dict[str, Any]]:
    taken: dict[str, int] = {}
    attributes = []
    for place, source in enumerate(sources):
        for item in source.attributes:
            name = canonical(item["id"])
            if taken.setdefault(name, place) == place and (names is None or name in names):
                attributes.append(item)
    return attributes
