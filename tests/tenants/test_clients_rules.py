"""The text of keys, and what a client may be: pure decisions."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from infra.clock import now
from infra.errors import InvalidInputError
from tenants.clients.errors import MoreThanOwnError, ScopeRefusedError
from tenants.clients.keys import Key
from tenants.clients.rules import is_allowed_from, networks_of, require_own, scopes_of, terms_of
from tenants.permissions import MACHINES, Permission, Role, permissions_of
from tenants.principal import Principal

SCANNED = re.compile(r"sy_(live|test)_[0-9A-Za-z]{92}")


def somebody(*permissions: Permission, sites: dict[Permission, frozenset[str]] | None = None) -> Principal:
    return Principal(
        tenant_id=1, tenant_public_id=uuid4(), tenant_slug="acme", actor_id=uuid4(), display_name="Li Lei", roles=(),
        permissions=frozenset(permissions), session_id=uuid4(), sites=sites or {},
    )  # fmt: skip


@pytest.mark.parametrize("sandbox", [False, True])
def test_a_key_reads_back_as_it_was_written(sandbox: bool) -> None:
    for _ in range(200):
        key = Key.new(uuid4(), sandbox=sandbox)
        text = str(key)
        assert SCANNED.fullmatch(text)
        assert text.startswith("sy_test_" if sandbox else "sy_live_")
        assert Key.parse(text) == key
        assert key.hint == text[-4:]
    assert len(key.random) == 32


def test_every_key_is_another_one() -> None:
    tenant = uuid4()
    assert len({str(Key.new(tenant, sandbox=False)) for _ in range(1_000)}) == 1_000


def test_any_one_wrong_character_is_seen_before_anything_is_looked_up() -> None:
    text = str(Key.new(uuid4(), sandbox=False))
    for place in range(len(text)):
        for other in ("0", "A", "z", "_", "é"):
            if text[place] != other:
                assert Key.parse(text[:place] + other + text[place + 1 :]) is None


def test_two_characters_that_changed_places_are_seen() -> None:
    text = str(Key.new(uuid4(), sandbox=False))
    for place in range(8, len(text) - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        assert swapped == text or Key.parse(swapped) is None


def test_a_live_key_with_the_prefix_of_a_test_key_is_no_key() -> None:
    text = str(Key.new(uuid4(), sandbox=False))
    assert Key.parse("sy_test_" + text.removeprefix("sy_live_")) is None


@pytest.mark.parametrize("text", ["", "sy_", "sy_live_", "sy_live_" + "0" * 92, "sy_live_" + "z" * 92, "SY_LIVE_" + "0" * 92, "Bearer", "\x00"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert Key.parse(text) is None


@pytest.mark.parametrize("around", [" {}", "{} ", "{}\n", "{}=", "x{}"])
def test_nothing_may_stand_around_a_key(around: str) -> None:
    assert Key.parse(around.format(Key.new(uuid4(), sandbox=True))) is None


def test_two_keys_that_differ_in_their_prefix_alone_have_different_digests() -> None:
    live = Key.new(uuid4(), sandbox=False)
    test = Key(True, live.tenant_public_id, live.secret_id, live.random)
    assert live.sha256 != test.sha256


def test_the_secret_stands_in_no_representation() -> None:
    key = Key.new(uuid4(), sandbox=False)
    assert repr(key.random) not in repr(key)


def test_a_client_may_have_what_machines_may_and_nothing_else() -> None:
    assert scopes_of([str(permission) for permission in MACHINES]) == MACHINES
    for permission in frozenset(Permission) - MACHINES:
        with pytest.raises(ScopeRefusedError, match=re.escape(str(permission))):
            scopes_of(["trace.read", str(permission)])
    with pytest.raises(ScopeRefusedError):
        scopes_of([])


def test_addresses_come_to_one_form() -> None:
    given = ["203.0.113.7", "203.0.113.7/32", "10.0.0.0/8", "2001:DB8::/32", "::ffff:192.0.2.0/120", "2001:db8:0::1"]
    assert networks_of(given) == ("10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "2001:db8::1/128", "203.0.113.7/32")


@pytest.mark.parametrize("wrong", ["", "x", "10.0.0.1/8", "300.1.1.1", "0.0.0.0/0", "::/0", "10.0.0.0/33", "example.com", "1.2.3.4;5"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        networks_of([wrong])
    assert refused.value.field == "addresses"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.113.7", True), ("203.0.113.8", False), ("::ffff:203.0.113.7", True), ("::ffff:203.0.113.8", False), ("10.200.3.4", True),
        ("::ffff:10.1.1.1", True), ("11.0.0.1", False), ("2001:db8::99", True), ("2001:db9::99", False), ("2001:db8::1%eth0", True), ("", False),
        ("unknown", False), ("203.0.113.7, 10.0.0.1", False), ("::cb00:7107", False),
    ],
)  # fmt: skip
def test_an_address_is_allowed_by_its_network_however_it_is_written(address: str, allowed: bool) -> None:
    assert is_allowed_from(address, ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"]) is allowed


def test_without_a_list_every_address_is_allowed() -> None:
    assert is_allowed_from("", [])
    assert is_allowed_from("198.51.100.1", [])


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b", "a\nb", "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        terms_of(name=name, scopes=["trace.read"], moment=now())
    assert refused.value.field == "name"


def test_a_client_that_would_have_expired_already_is_refused() -> None:
    with pytest.raises(InvalidInputError) as refused:
        terms_of(name="ERP", scopes=["trace.read"], expires_at=now() - timedelta(seconds=1), moment=now())
    assert refused.value.field == "expiresAt"


def test_nobody_gives_a_machine_what_he_may_not_do_himself() -> None:
    ships = terms_of(name="WMS", scopes=["shipments.command", "trace.read"], moment=now())
    require_own(somebody(*permissions_of(Role.OWNER)), ships)
    with pytest.raises(MoreThanOwnError) as refused:
        require_own(somebody(*permissions_of(Role.ADMINISTRATOR)), ships)
    assert refused.value.detail["scopes"] == ["shipments.command"]


def test_whoever_is_limited_to_sites_limits_the_machine_to_them() -> None:
    here, there = "https://id.gs1.org/414/9506000134000", "https://id.gs1.org/414/9506000134017"
    limited = somebody(Permission.TRACE_READ, sites={Permission.TRACE_READ: frozenset({here})})
    require_own(limited, terms_of(name="x", scopes=["trace.read"], sites=[here], moment=now()))
    for sites in ([], [there], [here, there]):
        with pytest.raises(MoreThanOwnError):
            require_own(limited, terms_of(name="x", scopes=["trace.read"], sites=sites, moment=now()))
