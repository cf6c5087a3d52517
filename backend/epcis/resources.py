"""The top-level resources of the REST binding (EPCIS 2.0 §12.3): what each is called, what there is of it, and which events it has."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from backend.catalog.sites import Sites
from backend.epcis.query_values import Asked
from backend.events.canonical import EventType, Role
from backend.events.fields.service import Dimension, Keys, list_objects, list_vocabulary, object_took_part, occurs
from backend.events.query_service import EventFilter, ObjectMatch
from backend.events.vocabulary import BUSINESS_STEP, DISPOSITION, Vocabulary
from backend.identifiers import DIGITAL_LINK_ROOT
from infra.database import TenantTransaction

Prefixes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Resource:
    """`words` there always are. `key` reads what stands in an address, and `uri` writes what `listed` gives.

    `listed` and `known` tell what occurs in events at the caller's sites; `filter` finds the events.
    """

    name: str
    words: frozenset[str]
    key: Callable[[str, Prefixes], str]
    uri: Callable[[str], str]
    listed: Callable[[TenantTransaction, Sites | None, str, int], Awaitable[Keys]]
    known: Callable[[TenantTransaction, Sites | None, str], Awaitable[bool]]
    filter: Callable[[str], EventFilter]


async def _nothing_listed(_tx: TenantTransaction, _sites: Sites | None, _after: str, _limit: int) -> Keys:
    return Keys([], None)


async def _nothing_known(_tx: TenantTransaction, _sites: Sites | None, _key: str) -> bool:
    return False


def _same(key: str) -> str:
    return key


def _event_types() -> Resource:
    def key(text: str, _prefixes: Prefixes) -> str:
        return text.removeprefix("epcis:")

    def events(name: str) -> EventFilter:
        return EventFilter(types=(int(EventType.from_epcis(name)),))

    return Resource("eventTypes", frozenset(kind.epcis for kind in EventType), key, _same, _nothing_listed, _nothing_known, events)


def _occurring(
    name: str, dimension: Dimension, words: frozenset[str], key: Callable[[str, Prefixes], str], events: Callable[[str], EventFilter]
) -> Resource:
    async def listed(tx: TenantTransaction, sites: Sites | None, after: str, limit: int) -> Keys:
        return await list_vocabulary(tx, dimension, sites, after=after, limit=limit)

    async def known(tx: TenantTransaction, sites: Sites | None, value: str) -> bool:
        return await occurs(tx, dimension, value, sites)

    return Resource(name, words, key, _same, listed, known, events)


def _word(vocabulary: Vocabulary) -> Callable[[str, Prefixes], str]:
    return lambda text, prefixes: vocabulary.canonical(text, prefixes) or text


def _place(text: str, prefixes: Prefixes) -> str:
    return Asked("place", (), prefixes).identifier(text).uri


def _epcs() -> Resource:
    async def listed(tx: TenantTransaction, sites: Sites | None, after: str, limit: int) -> Keys:
        return await list_objects(tx, sites, after=after, limit=limit)

    async def known(tx: TenantTransaction, sites: Sites | None, key: str) -> bool:
        return await object_took_part(tx, key, sites)

    def uri(key: str) -> str:
        return DIGITAL_LINK_ROOT + key if key[:1].isdigit() else key

    def events(key: str) -> EventFilter:
        return EventFilter(matches=(ObjectMatch((key,), tuple(Role)),))

    return Resource("epcs", frozenset(), lambda text, prefixes: Asked("epc", (), prefixes).identifier(text).key, uri, listed, known, events)


EVENT_TYPES: Final = _event_types()
RESOURCES: Final = (
    EVENT_TYPES,
    _epcs(),
    _occurring("bizSteps", Dimension.BIZ_STEP, BUSINESS_STEP.words, _word(BUSINESS_STEP), lambda step: EventFilter(biz_steps=(step,))),
    _occurring("dispositions", Dimension.DISPOSITION, DISPOSITION.words, _word(DISPOSITION), lambda word: EventFilter(dispositions=(word,))),
    _occurring("bizLocations", Dimension.BIZ_LOCATION, frozenset(), _place, lambda place: EventFilter(biz_locations=(place,))),
    _occurring("readPoints", Dimension.READ_POINT, frozenset(), _place, lambda place: EventFilter(read_points=(place,))),
)
