"""Reads a simulation's events as an independent witness would: what was made of what, packed where, shipped to whom."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote

from backend.identifiers import parse_identifier
from backend.simulator import Simulation


@cache
def key_of(captured: str) -> str:
    return parse_identifier(captured).key


def lot_in(captured: str) -> str | None:
    identifier = parse_identifier(captured)
    return lot_key(identifier.gtin, identifier.lot) if identifier.gtin and identifier.lot and identifier.serial else None


def lot_key(gtin: str, lot: str) -> str:
    return key_of(f"https://id.gs1.org/01/{gtin}/10/{quote(lot, safe='')}")


def gln_of(captured: str) -> str:
    return key_of(captured).split("/")[1]


@dataclass
class Story:
    """`inputs` and `outputs` by transformation; `stays` are (content, container, since, until); shipments are outbound ones."""

    own_gln: str
    inputs: dict[str, set[str]] = field(default_factory=dict)
    outputs: dict[str, set[str]] = field(default_factory=dict)
    lot_of_unit: dict[str, str] = field(default_factory=dict)
    stays: list[tuple[str, str, datetime, datetime | None]] = field(default_factory=list)
    shipments: dict[str, tuple[str, datetime, tuple[str, ...]]] = field(default_factory=dict)
    born: dict[str, datetime] = field(default_factory=dict)
    first_named: dict[str, datetime] = field(default_factory=dict)

    def reached(self, start: str, *, forward: bool) -> set[str]:
        sources, targets = (self.inputs, self.outputs) if forward else (self.outputs, self.inputs)
        by_source: dict[str, list[str]] = {}
        for transformation, keys in sources.items():
            for key in keys:
                by_source.setdefault(key, []).append(transformation)
        members: dict[str, list[str]] = {}
        for unit, lot in self.lot_of_unit.items():
            members.setdefault(*((lot, []) if forward else (unit, []))).append(unit if forward else lot)
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            here = waiting.pop()
            found = {key for transformation in by_source.get(here, ()) for key in targets.get(transformation, ())}
            fresh = (found | set(members.get(here, ()))) - seen
            seen |= fresh
            waiting += fresh
        return seen

    def containers_of(self, units: Iterable[str]) -> set[str]:
        """Everything that a unit was ever in, at any depth."""
        by_content: dict[str, list[tuple[str, datetime, datetime | None]]] = {}
        for content, container, since, until in self.stays:
            by_content.setdefault(content, []).append((container, since, until))
        found: set[str] = set()
        for unit in units:
            waiting = list(by_content.get(unit, ()))
            while waiting:
                container, since, until = waiting.pop()
                found.add(container)
                outer = by_content.get(container, ())
                waiting += [stay for stay in outer if (until is None or stay[1] < until) and (stay[2] is None or since < stay[2])]
        return found

    @cached_property
    def _by_container(self) -> dict[str, list[tuple[str, datetime, datetime | None]]]:
        index: dict[str, list[tuple[str, datetime, datetime | None]]] = {}
        for content, container, since, until in self.stays:
            index.setdefault(container, []).append((content, since, until))
        return index

    def contents(self, container: str, at: datetime) -> set[str]:
        found: set[str] = set()
        waiting = [container]
        while waiting:
            stays = self._by_container.get(waiting.pop(), ())
            fresh = {content for content, since, until in stays if since <= at and (until is None or at < until)}
            found |= fresh
            waiting += fresh
        return found


def effective_events(simulation: Simulation) -> list[dict[str, Any]]:
    """Each event once, without those that were declared erroneous, in the order in which things happened."""
    events = list(simulation.events)
    declared = {event["eventID"] for event in events if "errorDeclaration" in event}
    distinct = {event["eventID"]: event for event in events if event["eventID"] not in declared}
    return sorted(distinct.values(), key=lambda event: (datetime.fromisoformat(event["eventTime"]), event["eventID"]))


def read_story(simulation: Simulation) -> Story:
    return story_of(effective_events(simulation), simulation.master_data.company.gln)


def story_of(events: Iterable[dict[str, Any]], own_gln: str) -> Story:
    story = Story(own_gln)
    open_stays: dict[tuple[str, str], datetime] = {}
    for event in events:
        at = datetime.fromisoformat(event["eventTime"])
        _note_names(story, event, at)
        if event["type"] == "TransformationEvent":
            _note_transformation(story, event)
        elif event["type"] == "AggregationEvent":
            _note_aggregation(story, event, at, open_stays)
        elif event["type"] == "ObjectEvent" and event["bizStep"] == "shipping":
            _note_shipment(story, event, at)
    story.stays += [(content, container, since, None) for (content, container), since in open_stays.items()]
    return story


def _note_names(story: Story, event: dict[str, Any], at: datetime) -> None:
    lists = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
    named = [epc for name in lists for epc in event.get(name, ())]
    quantities = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
    classes = [element["epcClass"] for name in quantities for element in event.get(name, ())]
    for captured in [*named, *classes]:
        story.first_named.setdefault(key_of(captured), at)
    lot_number = event.get("ilmd", {}).get("cbvmda:lotNumber")
    for captured in named:
        lot = lot_in(captured)
        if lot is None and lot_number and event["bizStep"] == "commissioning":
            lot = lot_key(parse_identifier(captured).gtin or "", lot_number)
        if lot is not None:
            story.lot_of_unit[key_of(captured)] = lot


def _note_transformation(story: Story, event: dict[str, Any]) -> None:
    name = event.get("transformationID", event["eventID"])
    for side, epcs, quantities in (
        (story.inputs, "inputEPCList", "inputQuantityList"),
        (story.outputs, "outputEPCList", "outputQuantityList"),
    ):
        captured = [*event.get(epcs, ()), *(element["epcClass"] for element in event.get(quantities, ()))]
        side.setdefault(name, set()).update(key for key in map(key_of, captured) if key.count("/") > 1)


def _note_aggregation(story: Story, event: dict[str, Any], at: datetime, open_stays: dict[tuple[str, str], datetime]) -> None:
    parent = key_of(event["parentID"])
    children = [key_of(child) for child in event.get("childEPCs", ())]
    if event["action"] == "ADD":
        open_stays.update({(child, parent): at for child in children})
        return
    if not children and "childQuantityList" not in event:
        children = [content for content, container in open_stays if container == parent]
    story.stays += [(child, parent, open_stays.pop((child, parent)), at) for child in children]


def _note_shipment(story: Story, event: dict[str, Any], at: datetime) -> None:
    sources = {source["type"]: source["source"] for source in event["sourceList"]}
    if gln_of(sources["owning_party"]) != story.own_gln:
        return
    receiver = next(entry["destination"] for entry in event["destinationList"] if entry["type"] == "owning_party")
    note = next(entry["bizTransaction"] for entry in event["bizTransactionList"] if entry["type"] == "desadv")
    story.shipments[note.rsplit(":", 1)[1]] = gln_of(receiver), at, tuple(map(key_of, event["epcList"]))
