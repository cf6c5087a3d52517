"""Object keys and tenants' prefixes: what can't be addressed at all."""

from uuid import UUID

import pytest

from infra.storage.disposition import attachment
from infra.storage.errors import InvalidKeyError
from infra.storage.keys import TenantPrefix, require_key, require_key_prefix

TENANT = UUID("0192f000-0000-7000-8000-000000000001")
TRICKS = [
    "",
    "/",
    ".",
    "..",
    "../x",
    "a/../b",
    "a/..",
    "a/./b",
    "./a",
    "/a",
    "a/",
    "a//b",
    "//a",
    "%2e%2e/a",
    "a%2fb",
    "a%00b",
    "a\x00b",
    "a\\..\\b",
    "a b",
    "a\n",
    "a\r\nb",
    "a?b",
    "a#b",
    "a&b",
    "a+b",
    "~a",
    ".hidden",
    "a/.tmp.0",
    ".nanio-meta/a",
    "…/a",
    "a/․․/b",
    "a／b",
    "图",
    "x" * 513,
]


@pytest.mark.parametrize("key", TRICKS)
def test_a_key_that_can_be_read_in_two_ways_is_refused(key: str) -> None:
    with pytest.raises(InvalidKeyError) as caught:
        require_key(key)
    assert caught.value.status == 400
    with pytest.raises(InvalidKeyError):
        TenantPrefix(TENANT).key(key)


@pytest.mark.parametrize("key", ["a", "a/b", "quarantine/0192f000-0000-7000-8000-000000000002", "A_1/b-2/c.d.jpg", "a..b", "x" * 512])
def test_a_plain_key_is_taken_as_it_is(key: str) -> None:
    assert require_key(key) == key


@pytest.mark.parametrize("prefix", [trick for trick in TRICKS if trick not in {"", "a/"}])
def test_a_beginning_that_no_key_has_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidKeyError):
        require_key_prefix(prefix)


def test_a_tenant_s_keys_are_under_its_public_id() -> None:
    prefix = TenantPrefix(TENANT)
    assert prefix.key("photos/1") == f"{TENANT}/photos/1"
    assert prefix.beginning("") == f"{TENANT}/"
    assert prefix.beginning("photos/") == f"{TENANT}/photos/"
    assert prefix.relative(f"{TENANT}/photos/1") == "photos/1"


@pytest.mark.parametrize(
    "key",
    [
        "photos/1",
        f"{TENANT}",
        f"{TENANT}0/photos/1",
        f"{TENANT}/",
        f"{TENANT}/../x",
        "0192f000-0000-7000-8000-000000000002/photos/1",
        f"x/{TENANT}/1",
    ],
)
def test_a_key_of_somebody_else_isn_t_read_as_the_tenant_s(key: str) -> None:
    with pytest.raises(InvalidKeyError):
        TenantPrefix(TENANT).relative(key)


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        (None, "attachment"),
        ("report.pdf", "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf"),
        ("溯源 报告.pdf", "attachment; filename=\"__ __.pdf\"; filename*=UTF-8''%E6%BA%AF%E6%BA%90%20%E6%8A%A5%E5%91%8A.pdf"),
        ('a"; filename="b.exe', "attachment; filename=\"a__ filename=_b.exe\"; filename*=UTF-8''a__%20filename%3D_b.exe"),
        ("a\r\nSet-Cookie: x", "attachment; filename=\"aSet-Cookie_ x\"; filename*=UTF-8''aSet-Cookie_%20x"),
        ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ("a\u202egpj.exe", "attachment; filename=\"agpj.exe\"; filename*=UTF-8''agpj.exe"),
        ("...", "attachment; filename=\"download\"; filename*=UTF-8''download"),
    ],
)
def test_a_download_s_name_is_a_name_and_nothing_else(filename: str | None, header: str) -> None:
    assert attachment(filename) == header
