"""Somebody limited to sites is told what is his of an alert about goods that were seen elsewhere too."""

import msgspec

from backend.alerts.narrowing import narrowed
from backend.catalog.sites import Sites
from tests.factories import PLANT, SHOP

HERE = Sites(frozenset({PLANT}))


def test_places_of_other_sites_and_what_was_told_of_them_alone_are_left_out() -> None:
    detail = {
        "place": PLANT, "event": "1", "minutes": 5,
        "elsewhere": [{"place": SHOP, "at": "T", "event": "2"}, {"place": f"{PLANT}/254/9", "event": "3"}],
    }  # fmt: skip
    told = msgspec.json.decode(narrowed(msgspec.json.encode(detail).decode(), HERE))
    assert told == {
        "place": PLANT, "event": "1", "minutes": 5, "elsewhere": [{"place": None, "at": "T"}, {"place": f"{PLANT}/254/9", "event": "3"}],
    }  # fmt: skip


def test_what_a_hold_stands_on_elsewhere_is_left_out() -> None:
    causes = [{"hold": "1", "root": "urn:x:flour", "held": "urn:x:bread"}, {"hold": "2", "root": "urn:x:bread", "held": "urn:x:bread"}]
    detail = msgspec.json.encode({"places": [SHOP, PLANT], "causes": causes}).decode()
    told = msgspec.json.decode(narrowed(detail, HERE))
    assert told == {"places": [PLANT], "causes": [{"hold": "1", "held": "urn:x:bread"}, causes[1]]}
