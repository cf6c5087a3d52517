"""The sum of what somebody is granted: everywhere, at sites, for a time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from infra.errors import PermissionDeniedError
from tenants.grants import Grant, sum_of
from tenants.permissions import UNDIVIDED, Permission, Role, permissions_of
from tenants.principal import Principal

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
A, B = "https://id.gs1.org/414/4012345000009", "https://id.gs1.org/414/4012345000016"
READ, TRACE, HOLD = Permission.EVENTS_READ, Permission.TRACE_READ, Permission.HOLDS_PLACE


def test_permission_granted_once_everywhere_counts_everywhere() -> None:
    allowed = sum_of([Grant("x", frozenset({READ, TRACE}), A), Grant("y", frozenset({TRACE})), Grant("z", frozenset({READ}), B)], NOW)
    assert allowed.roles == ("x", "y", "z")
    assert allowed.permissions == {READ, TRACE}
    assert allowed.sites == {READ: {A, B}}


def test_grant_counts_until_its_end_and_not_at_it() -> None:
    for end, counts in ((NOW + timedelta(seconds=1), True), (NOW, False), (NOW - timedelta(seconds=1), False)):
        allowed = sum_of([Grant("x", frozenset({READ}), expires_at=end)], NOW)
        assert (allowed.roles, READ in allowed.permissions) == ((("x",), True) if counts else ((), False))


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.QUALITY_MANAGER])
def test_what_is_not_done_at_a_place_counts_nowhere_when_granted_at_a_site(role: Role) -> None:
    allowed = sum_of([Grant(role, permissions_of(role), A)], NOW)
    assert allowed.permissions == permissions_of(role) - UNDIVIDED
    assert set(allowed.sites) == set(allowed.permissions)
    both = sum_of([Grant(role, permissions_of(role), A), Grant("x", frozenset({Permission.PEOPLE_READ}))], NOW)
    assert both.permissions & UNDIVIDED == {Permission.PEOPLE_READ}
    assert Permission.PEOPLE_READ not in both.sites


def test_nothing_granted_allows_nothing() -> None:
    allowed = sum_of([], NOW)
    assert (allowed.roles, allowed.permissions, allowed.sites) == ((), frozenset(), {})


def test_require_everywhere_refuses_what_is_held_at_a_site_or_not_at_all() -> None:
    person = Principal(
        1, uuid4(), "works", uuid4(), "Lei", ("x",), frozenset({READ, HOLD}), uuid4(), sites={HOLD: frozenset({A})}
    )  # fmt: skip
    person.require_everywhere(READ)
    for permission, words in ((HOLD, "at some sites only"), (TRACE, "lack the permission")):
        with pytest.raises(PermissionDeniedError, match=words):
            person.require_everywhere(permission)
