"""Everything that can be permitted, and every built-in role, is told in both languages."""

import re

import pytest

from tenants.permissions import DEVICES, MACHINES, SIGNED, UNDIVIDED, Permission, Role
from tenants.roles import words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("permission", list(Permission))
def test_permission_is_described_in_chinese_and_english(permission: Permission) -> None:
    told = words.PERMISSIONS[permission]
    assert (bool(CHINESE.search(told.zh)), bool(CHINESE.search(told.en))) == (True, False)
    assert (words.of_permission(permission, "zh"), words.of_permission(permission, "en")) == (told.zh, told.en)


@pytest.mark.parametrize("role", list(Role))
def test_role_is_named_and_described_in_chinese_and_english(role: Role) -> None:
    for told in words.ROLES[role]:
        assert (bool(CHINESE.search(told.zh)), bool(CHINESE.search(told.en))) == (True, False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_say_the_same(language: str) -> None:
    told = [words.of_permission(permission, language) for permission in Permission]
    assert len(set(told)) == len(told)
    names = [words.of_role(role, language)[0] for role in Role]
    assert len(set(names)) == len(names)


def test_nothing_is_described_that_is_not_there() -> None:
    assert (set(words.PERMISSIONS), set(words.ROLES)) == (set(Permission), set(Role))


def test_what_a_phone_or_a_signature_is_for_is_done_at_a_place() -> None:
    assert frozenset() == UNDIVIDED & DEVICES
    # A recall is the whole company's.
    assert {Permission.RECALLS_DECIDE} == UNDIVIDED & SIGNED
    assert Permission.PEOPLE_MANAGE not in MACHINES
    assert Permission.ROLES_MANAGE not in MACHINES
