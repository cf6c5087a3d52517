"""PINs, badges and codes as texts, and what a person may do on a phone."""

from uuid import uuid4

import pytest

from infra.clock import now
from tenants.devices.errors import PinRefusedError
from tenants.devices.pins import EnrolmentCode, badge_sha256, is_weak, new_badge, new_start_pin, require_acceptable_pin
from tenants.devices.rules import ALONE, alone, elsewhere, narrowed, with_stems
from tenants.grants import Grant, sum_of
from tenants.permissions import DEVICES, Permission, Role, permissions_of

PLANT, HALL, OTHER = "https://id.gs1.org/414/9521234000020", "https://example.test/hall", "https://example.test/other"


@pytest.mark.parametrize(
    "pin",
    [
        "123456", "654321", "111111", "112233", "121212", "123123", "012345", "890123", "000001", "123321", "147258", "520131", "5201314", "987654",
        "246802", "135791",
    ],
)  # fmt: skip
def test_a_pin_that_is_tried_first_is_refused(pin: str) -> None:
    with pytest.raises(PinRefusedError, match="first"):
        require_acceptable_pin(pin)


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "12345a", "48 301", "４８３０１５", "48301\n", "-83015"])
def test_a_pin_is_six_to_twelve_digits(pin: str) -> None:
    with pytest.raises(PinRefusedError, match="6 to 12 digits"):
        require_acceptable_pin(pin)


@pytest.mark.parametrize("pin", ["483015", "907264", "730192846512"])
def test_a_pin_without_a_pattern_is_taken(pin: str) -> None:
    require_acceptable_pin(pin)


def test_start_pins_are_acceptable_pins_of_eight_digits() -> None:
    pins = {new_start_pin() for _ in range(50)}
    assert len(pins) == 50
    assert all(len(pin) == 8 and not is_weak(pin) for pin in pins)


def test_a_code_is_read_back_and_anything_else_is_none_of_ours() -> None:
    code = EnrolmentCode.new(uuid4())
    assert EnrolmentCode.parse(code.text) == code
    assert str(code.secret) not in repr(code)
    for other in ("", "sye_", code.text[:-2], code.text + "AA", "sye_" + "!" * 48, code.text.upper(), "syb_" + code.text[4:], "é" * 20, "x" * 500):
        assert EnrolmentCode.parse(other) is None


def test_two_badges_differ_and_blanks_around_one_do_not_count() -> None:
    badge = new_badge()
    assert badge != new_badge()
    assert badge_sha256(f" {badge}\n") == badge_sha256(badge) != badge_sha256(badge.lower())


def test_a_phone_alone_captures_and_looks_up_at_its_site_and_no_more() -> None:
    looks_up = {Permission.TRACE_READ, Permission.HOLDS_READ, Permission.QUALITY_READ, Permission.CATALOG_READ}
    assert looks_up | {Permission.MOBILE_SYNC, Permission.EVENTS_CAPTURE} == ALONE
    assert alone(PLANT) == dict.fromkeys(ALONE, frozenset({PLANT}))


@pytest.mark.parametrize("role", list(Role))
def test_nobody_may_do_more_on_a_phone_than_phones_may(role: Role) -> None:
    found = narrowed(sum_of([Grant(role, permissions_of(role))], now()), PLANT, above=[PLANT])
    assert found == dict.fromkeys(permissions_of(role) & DEVICES, frozenset({PLANT}))
    assert Permission.HOLDS_RELEASE not in found


def test_a_person_of_some_sites_acts_on_a_phone_only_where_both_may() -> None:
    worker = permissions_of(Role.WORKER)

    def at(*sites: str | None) -> dict[Permission, frozenset[str]]:
        allowed = sum_of([Grant("worker", worker, site) for site in sites], now())
        return dict(narrowed(allowed, PLANT, above=[PLANT, HALL], inside=[OTHER]))

    assert at(OTHER)[Permission.MOBILE_SYNC] == {OTHER}
    assert at(HALL)[Permission.MOBILE_SYNC] == {PLANT}
    assert at(PLANT, OTHER)[Permission.MOBILE_SYNC] == {PLANT}
    assert at("https://example.test/elsewhere") == {}
    assert at() == {}


def test_sites_of_which_the_phones_own_say_nothing_are_looked_up() -> None:
    allowed = sum_of([Grant("worker", permissions_of(Role.WORKER), site) for site in (HALL, OTHER)], now())
    assert elsewhere(allowed, [PLANT, HALL]) == {OTHER}


def test_an_extension_of_a_gln_lies_in_the_gln() -> None:
    assert with_stems([f"{PLANT}/254/7", OTHER]) == sorted([PLANT, f"{PLANT}/254/7", OTHER])
