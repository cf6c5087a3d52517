"""Roles as sets of permissions, and the check that every use case makes."""

from uuid import uuid4

import pytest

from infra.errors import PermissionDeniedError
from tenants.permissions import ROLES, Permission, Role, permissions_of
from tenants.principal import Principal

WRITES = {
    Permission.EVENTS_CAPTURE,
    Permission.HOLDS_PLACE,
    Permission.HOLDS_RELEASE,
    Permission.SHIPMENTS_COMMAND,
    Permission.CATALOG_WRITE,
    Permission.HISTORY_PUBLISH,
    Permission.MOBILE_SYNC,
    Permission.PEOPLE_MANAGE,
}


def principal(role: Role) -> Principal:
    return Principal(1, uuid4(), "works", uuid4(), "Lei", (role,), permissions_of(role), uuid4())


def test_every_role_has_a_set_and_only_the_owner_has_all() -> None:
    assert set(ROLES) == set(Role)
    assert [role for role, permissions in ROLES.items() if permissions == frozenset(Permission)] == [Role.OWNER]


def test_only_quality_manager_and_owner_release_a_hold() -> None:
    assert {role for role, permissions in ROLES.items() if Permission.HOLDS_RELEASE in permissions} == {Role.QUALITY_MANAGER, Role.OWNER}


def test_an_auditor_changes_nothing() -> None:
    assert ROLES[Role.AUDITOR] & WRITES == frozenset()


def test_only_administrator_and_owner_manage_people() -> None:
    assert {role for role, permissions in ROLES.items() if Permission.PEOPLE_MANAGE in permissions} == {Role.ADMINISTRATOR, Role.OWNER}


def test_a_partner_reads_nothing_of_the_tenant() -> None:
    assert ROLES[Role.PARTNER] == {Permission.EVENTS_CAPTURE}


@pytest.mark.parametrize("role", ["", "root", "Owner", "owner "])
def test_a_role_of_another_name_permits_nothing(role: str) -> None:
    assert permissions_of(role) == frozenset()


def test_require_lets_pass_what_the_role_has_and_names_what_it_lacks() -> None:
    worker = principal(Role.WORKER)
    worker.require(Permission.MOBILE_SYNC)
    with pytest.raises(PermissionDeniedError, match=r"worker.*holds\.release") as refusal:
        worker.require(Permission.HOLDS_RELEASE)
    assert (refusal.value.status, refusal.value.detail) == (403, {"permission": "holds.release"})
