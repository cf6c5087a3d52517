"""Synthetic genealogies: their size and shape, and rows that agree with each other and with the answers given."""

from collections import Counter
from functools import cache

import pytest

from backend.identifiers import ObjectKind, parse_identifier
from backend.simulator.genealogy import FOREVER, INPUT, OUTPUT, Genealogy, generate_genealogy
from backend.simulator.lot_graph import FAN_IN

LINKS = 200_000


@cache
def genealogy() -> Genealogy:
    return generate_genealogy(LINKS, tenants=10, seed=2)


def test_links_are_counted_as_asked_for_and_fall_off_from_tenant_to_tenant() -> None:
    made = genealogy()
    rows = sum(1 for _ in made.lot_links()) + sum(1 for _ in made.memberships()) + sum(1 for _ in made.containments())
    sizes = [tenant.links for tenant in made.tenants]
    assert rows == made.links
    assert abs(rows - LINKS) <= LINKS / 20
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 8 * sizes[-1]


def test_shape_is_that_of_the_measured_genealogies() -> None:
    made = genealogy()
    links = list(made.lot_links())
    fan_in = Counter(child for _, _, child, _, kind, *_ in links if kind == INPUT)
    repacked = sum(closed_by is not None for *_, closed_by in made.containments())
    units = sum(tenant.units for tenant in made.tenants)
    assert 0.06 < len(links) / made.links < 0.08
    assert 0.02 < repacked / units < 0.04
    assert FAN_IN[0] <= min(fan_in.values())
    assert max(fan_in.values()) <= FAN_IN[1] + 1 + max(Counter(transformation for _, transformation in made.tenants[0].graph.rework).values())
    assert all(len(tenant.graph.levels) == 4 for tenant in made.tenants)
    assert all(tenant.graph.rework for tenant in made.tenants)


def test_rows_are_the_same_at_every_call_and_for_the_same_seed() -> None:
    first, second = generate_genealogy(30_000, 5, 7), generate_genealogy(30_000, 5, 7)
    other = generate_genealogy(30_000, 5, 8)
    assert list(first.lot_links()) == list(second.lot_links()) == list(first.lot_links())
    assert list(first.containments()) == list(second.containments())
    assert list(first.lot_links()) != list(other.lot_links())


def test_every_id_is_an_object_of_the_same_tenant_and_its_key_is_canonical() -> None:
    made = generate_genealogy(12_000, 3, 1, first_tenant_id=40, first_id=1_000_000)
    objects = {object_id: (tenant, kind, key) for tenant, object_id, kind, key, _, _ in made.objects()}
    rows = [(tenant, (parent, child)) for tenant, parent, child, *_ in made.lot_links()]
    rows += [(tenant, (unit, lot)) for tenant, unit, lot, _ in made.memberships()]
    rows += [(tenant, (content, container)) for tenant, content, container, *_ in made.containments()]
    assert min(objects) == 1_000_000
    assert {tenant for tenant, _, _ in objects.values()} == {40, 41, 42}
    assert len({(tenant, key) for tenant, _, key in objects.values()}) == len(objects)
    assert all(objects[object_id][0] == tenant for tenant, ids in rows for object_id in ids)
    for _, kind, key in list(objects.values())[:: len(objects) // 300]:
        if kind != ObjectKind.TRANSFORMATION:
            identifier = parse_identifier(f"https://id.gs1.org/{key}")
            assert (identifier.key, identifier.kind) == (key, kind)


def test_links_join_lots_through_transformations_and_never_twice() -> None:
    made = genealogy()
    kinds = {object_id: kind for _, object_id, kind, *_ in made.objects()}
    links = list(made.lot_links())
    for _, parent, child, _, kind, *_ in links:
        expected = {INPUT: (ObjectKind.LOT, ObjectKind.TRANSFORMATION), OUTPUT: (ObjectKind.TRANSFORMATION, ObjectKind.LOT)}
        assert (kinds[parent], kinds[child]) == expected[kind]
    assert len({row[:5] for row in links}) == len(links)


def test_roots_tell_what_a_walk_over_the_rows_finds() -> None:
    made = genealogy()
    tenant = made.tenants[0]
    children: dict[int, list[int]] = {}
    for owner, parent, child, *_ in made.lot_links():
        if owner == tenant.tenant_id:
            children.setdefault(parent, []).append(child)
    with_units = {lot for owner, _, lot, _ in made.memberships() if owner == tenant.tenant_id}
    for root in made.roots(100, 3):
        seen = {root.lot_id}
        waiting = [root.lot_id]
        while waiting:
            fresh = set(children.get(waiting.pop(), ())) - seen
            seen |= fresh
            waiting += fresh
        assert len(seen & with_units) == root.finished_lots > 50
        reached = tenant.graph.reached_finished_lots(tenant.lot_number(root.lot_id))
        assert {tenant.lot_id(lot) for lot in reached} == seen & with_units


def test_forward_and_backward_answers_agree() -> None:
    graph = genealogy().tenants[0].graph
    finished = range(graph.finished.first_lot, graph.lots, 9)
    behind = {lot: graph.raw_lots_behind(lot) for lot in finished}
    for raw in range(0, graph.levels[0].lots, 5):
        reached = graph.reached_finished_lots(raw)
        assert {lot for lot in finished if lot in reached} == {lot for lot in finished if raw in behind[lot]}


def test_lot_shipments_are_what_containment_at_departure_gives() -> None:
    made = generate_genealogy(30_000, 5, 3)
    lot_of = {unit: lot for _, unit, lot, _ in made.memberships()}
    kinds = {object_id: kind for _, object_id, kind, *_ in made.objects()}
    stays = list(made.containments())
    pallet_of = {content: container for _, content, container, *_ in stays if kinds[content] == ObjectKind.LOGISTIC_UNIT}
    shipments = {shipment: at for _, shipment, at, *_ in made.shipments()}
    shipped: Counter[tuple[int, int]] = Counter()
    for tenant in made.tenants:
        numbers = [shipment for owner, shipment, *_ in made.shipments() if owner == tenant.tenant_id]
        pallets = sorted({pallet_of[case] for owner, case, *_ in stays if owner == tenant.tenant_id and case in pallet_of})
        shipment_of = {pallet: numbers[position // 2] for position, pallet in enumerate(pallets)}
        for owner, content, container, since, until, *_ in stays:
            if owner == tenant.tenant_id and content in lot_of:
                shipment = shipment_of[pallet_of[container]]
                assert since < until
                if since <= shipments[shipment] < until:
                    shipped[lot_of[content], shipment] += 1
    assert {(lot, shipment): units for _, lot, shipment, units in made.lot_shipments()} == dict(shipped)
    assert sum(shipped.values()) == len(lot_of)
    assert any(until != FOREVER and kinds[content] == ObjectKind.UNIT for _, content, _, _, until, *_ in stays)


def test_too_few_links_are_refused() -> None:
    with pytest.raises(ValueError, match="too few for 20 tenants"):
        generate_genealogy(1000)
