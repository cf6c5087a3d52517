"""What a filter asks for as conditions of a statement on events `e` in the feed `f`."""

from collections.abc import Iterable
from typing import Any, Final

from backend.catalog.sites import Fence, Sites, fenced, inside
from backend.events.query_filter import Comparison, EventFilter, FieldTest, KeyRange, ObjectMatch, Order, OrderBy, Position


class Values:
    """Collects a statement's values and gives each its number."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def add(self, value: Any) -> int:
        self.given.append(value)
        return len(self.given) + 1


def at_sites(sites: Sites | None, *, at: int) -> Fence:
    """Events `e` that were read at the sites or leave the goods there; the values stand from `$at` on."""
    return fenced(sites, "e.read_point", "e.biz_location", at=at)


_RANGES: Final = {
    "event_time_from": "e.event_time >= ${n}",
    "event_time_to": "e.event_time < ${n}",
    "record_time_from": "e.record_time >= ${n}",
    "record_time_to": "e.record_time < ${n}",
    "declared_from": "e.declared_at >= ${n}",
    "declared_to": "e.declared_at < ${n}",
}
_LISTS: Final = {
    "types": "e.event_type = any(${n}::smallint[])",
    "actions": "e.action = any(${n}::smallint[])",
    "biz_steps": "e.biz_step = any(${n}::text[])",
    "dispositions": "e.disposition = any(${n}::text[])",
    "read_points": "e.read_point = any(${n}::text[])",
    "biz_locations": "e.biz_location = any(${n}::text[])",
    "transformation_ids": "e.transformation_id = any(${n}::text[])",
    "event_ids": "e.base_key = any(${n}::text[])",
}
_OPERATORS: Final = {Comparison.GT: ">", Comparison.GE: ">=", Comparison.LT: "<", Comparison.LE: "<="}


def conditions(wanted: EventFilter, values: Values, within: "Within") -> list[str]:
    """All conditions; `within` holds the places that the filter's places stand for."""
    found = []
    for name, template in _RANGES.items():
        if (moment := getattr(wanted, name)) is not None:
            found.append(template.replace("{n}", str(values.add(moment))))
    for name, template in _LISTS.items():
        if listed := list(getattr(wanted, name)):
            given = [f"e:{event_id}" for event_id in listed] if name == "event_ids" else listed
            found.append(template.replace("{n}", str(values.add(given))))
    for column, places in (("e.read_point", wanted.read_points_within), ("e.biz_location", wanted.biz_locations_within)):
        if places:
            found.append(_within(column, within[places], values))
    if wanted.declared is not None:
        found.append(f"e.declared_at is {'not ' if wanted.declared else ''}null")
    found += [_matches(match, values) for match in wanted.matches]
    found += [_has(test, values) for test in wanted.fields]
    found += [f"e.event_id in ({' union all '.join(having(test, values) for test in tests)})" for tests in wanted.any_of]
    if wanted.among is not None:
        found.append(f"e.event_id = any(${values.add(list(wanted.among))}::bigint[])")
    if wanted.also is not None:
        found += conditions(wanted.also, values, within)
    return found


Within = dict[tuple[str, ...], Sites]


def places_to_resolve(wanted: EventFilter) -> set[tuple[str, ...]]:
    """Lists of places that stand for what lies in them."""
    found = {places for places in (wanted.read_points_within, wanted.biz_locations_within) if places}
    return found | places_to_resolve(wanted.also) if wanted.also is not None else found


def _within(column: str, places: Sites, values: Values) -> str:
    fence = inside(places, (column,), at=len(values.given) + 2)
    values.given += fence.values
    return fence.condition.removeprefix(" and ")


def _matches(match: ObjectMatch, values: Values) -> str:
    roles = values.add([int(role) for role in match.roles])
    named = []
    if match.keys:
        of_kinds = f" and o.kind = any(${values.add([int(kind) for kind in match.kinds])}::smallint[])" if match.kinds else ""
        named.append(f"(o.key = any(${values.add(list(match.keys))}::text[]){of_kinds})")
    named += [_in_range(keys, values) for keys in match.ranges]
    return f"""e.event_id in (
        select eo.event_id from event_object eo
        join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
        where eo.tenant_id = $1 and eo.role = any(${roles}::smallint[]) and ({" or ".join(named)}))"""


def _in_range(keys: KeyRange, values: Values) -> str:
    low, high = values.add(keys.low), values.add(keys.high)
    kinds = values.add([int(kind) for kind in keys.kinds])
    infix = f" and strpos(o.key, ${values.add(keys.infix)}) > 0" if keys.infix else ""
    return f"(o.key >= ${low} and o.key < ${high} and o.kind = any(${kinds}::smallint[]){infix})"


def _has(test: FieldTest, values: Values) -> str:
    return f"e.event_id in ({having(test, values)})"


def having(test: FieldTest, values: Values) -> str:
    """The internal ids of the events that have such a field, once for each of its values."""
    condition = "".join(f" and {each}" for each in _compared(test, values))
    return f"select ef.event_id from event_field ef where ef.tenant_id = $1 and ef.field = ${values.add(test.field)}{condition}"


def _compared(test: FieldTest, values: Values) -> Iterable[str]:
    if test.up_to is not None:
        yield f"ef.number_value <= ${values.add(test.up_to)}"
    if test.unit is not None:
        yield f"ef.unit = ${values.add(test.unit)}"
    if test.comparison is Comparison.EXISTS:
        return
    ways = []
    if test.comparison is Comparison.EQ:
        if test.texts:
            ways.append(f"ef.text_value = any(${values.add(list(test.texts))}::text[])")
        if test.numbers:
            ways.append(f"(ef.number_value = any(${values.add(list(test.numbers))}::float8[]) and ef.text_value is null)")
        if test.times:
            ways.append(f"ef.time_value = any(${values.add(list(test.times))}::timestamptz[])")
    else:
        operator = _OPERATORS[test.comparison]
        ways += [f"ef.number_value {operator} ${values.add(number)}" for number in test.numbers]
        ways += [f"ef.time_value {operator} ${values.add(moment)}" for moment in test.times]
    yield f"({' or '.join(ways) or 'false'})"


class Ordering:
    """The expressions by which a page is ordered, the condition that goes on behind a position, and where a row stands."""

    def __init__(self, order: Order, values: Values) -> None:
        self._direction = "desc" if order.descending else "asc"
        self._operator = "<" if order.descending else ">"
        self.joined = ""
        if order.by is OrderBy.FIELD:
            self.joined = _EXTENSION.replace("{field}", str(values.add(order.field)))
            # What has no such field comes last, in either direction.
            absent = -1 if order.descending else 4
            self.expressions = [f"coalesce(x.rank, {absent})", "coalesce(x.number, 0)", "coalesce(x.text, '')", "e.event_id"]
            self._types = ["int", "float8", 'text collate "C"', "bigint"]
        else:
            self.expressions = ["e.event_time" if order.by is OrderBy.EVENT_TIME else "e.record_time", "e.event_id"]
            self._types = ["timestamptz", "bigint"]

    def behind(self, position: Position, values: Values) -> str:
        """What a page that goes on is limited to."""
        given = [f"${values.add(value)}::{kind}" for value, kind in zip(position.values, self._types, strict=True)]
        return f"({', '.join(self.expressions)}) {self._operator} ({', '.join(given)})"

    @property
    def columns(self) -> str:
        """The values that a row is ordered by, for the position of the next page."""
        return "".join(f", {expression} as order_{number}" for number, expression in enumerate(self.expressions))

    @property
    def clause(self) -> str:
        """For ORDER BY."""
        return ", ".join(f"{expression} {self._direction}" for expression in self.expressions)


# A field with several values is ordered by the smallest: numbers before times before texts.
_EXTENSION: Final = """
 left join lateral (
   select case when v.text_value is null and v.number_value is not null then 1 when v.time_value is not null then 2 else 3 end as rank,
     coalesce(case when v.text_value is null then v.number_value end, extract(epoch from v.time_value)::float8, 0) as number,
     case when v.time_value is null then v.text_value end as text
   from event_field v where v.tenant_id = $1 and v.field = ${field} and v.event_id = e.event_id
     and (v.text_value is not null or v.number_value is not null or v.time_value is not null)
   order by 1, 2, 3 limit 1) x on true"""
