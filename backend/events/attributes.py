"""Events by the master data of what stands in them: attributes become the places and classes that have them (EPCIS 2.0 §8.2.7.1)."""

from collections.abc import Sequence
from dataclasses import replace

from backend.catalog.master_data import elements_having
from backend.events.canonical import Role
from backend.events.query_filter import CLASS_KINDS, AttributeTest, Described, EventFilter, ObjectMatch
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier
from infra.database import TenantTransaction

_ALL = (Role.SUBJECT, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT)
_NOTHING = EventFilter(among=())


async def described(tx: TenantTransaction, wanted: EventFilter) -> EventFilter:
    """The same filter, with what has the attributes named. Raises `TooManyElementsError` where that is too much."""
    also = wanted.also if wanted.also is None else await described(tx, wanted.also)
    for test in wanted.attributes:
        also = replace(await _having(tx, test), also=also)
    return replace(wanted, attributes=(), also=also)


async def _having(tx: TenantTransaction, test: AttributeTest) -> EventFilter:
    found = sorted({element for attribute in test.attributes for element in await elements_having(tx, attribute, test.values)})
    if test.of is Described.READ_POINT:
        return EventFilter(read_points=tuple(found)) if found else _NOTHING
    if test.of is Described.BIZ_LOCATION:
        return EventFilter(biz_locations=tuple(found)) if found else _NOTHING
    keys = _keys(found)
    return EventFilter(matches=(ObjectMatch(keys, _ALL, kinds=CLASS_KINDS),)) if keys else _NOTHING


def _keys(elements: Sequence[str]) -> tuple[str, ...]:
    keys = []
    for element in elements:
        try:
            keys.append(parse_identifier(element, role=IdentifierRole.REFERENCE).key)
        except InvalidIdentifierError:
            continue
    return tuple(keys)
