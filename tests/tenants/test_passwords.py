"""The password policy, and that looking for nobody costs what looking for somebody does."""

import asyncio
import statistics
import time

import pytest
from argon2 import PasswordHasher

from infra.errors import InvalidInputError, UnavailableError
from tenants import common_passwords
from tenants.errors import PasswordRefusedError
from tenants.passwords import COMMON, MAX_WAITING, MIN_LENGTH, Passwords, is_long, normalise, require_acceptable


@pytest.mark.parametrize(
    "password",
    [
        "a lamp, a river, nine cranes",
        "春眠不觉晓处处闻啼鸟夜来风雨声",
        "x9$kQ2!mZ7@pL4#",
        "🐟 one two three four",
        "unrelated " * 2 + "words in here",
    ],
)
def test_a_long_enough_unusual_password_is_accepted(password: str) -> None:
    require_acceptable(password, "lei@example.com", "李雷", "works")


@pytest.mark.parametrize("password", ["", "short", "fourteen chars", "春眠不觉晓处处闻啼鸟夜来风雨"])
def test_a_short_password_is_refused_with_its_length(password: str) -> None:
    with pytest.raises(PasswordRefusedError, match=f"has {len(password)} characters; use at least 15"):
        require_acceptable(password)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "PassWordPassWord",
        "correct horse battery staple",
        "aaaaaaaaaaaaaaaaaaaa",
        "123456789012345",
        "098765432109876",
        "abcdefghijklmnop",
        "qwertyuiopasdfgh",
        "abc123abc123abc123",
        "1212121212121212",
        "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefusedError, match="first that are tried"):
        require_acceptable(password)


@pytest.mark.parametrize("password", ["9 Kraniche", "8 chars!", "xq7pw2rv", "木火土金水日月星", "correct horse"])
def test_beside_a_second_factor_eight_characters_are_enough(password: str) -> None:
    require_acceptable(password, "lei@example.com", "李雷", "works", second_factor=True)
    with pytest.raises(PasswordRefusedError, match="use at least 15"):
        require_acceptable(password, "lei@example.com", "李雷", "works")


@pytest.mark.parametrize("password", ["", "7 chars", "木火土金水日月"])
def test_fewer_than_eight_are_never_enough(password: str) -> None:
    with pytest.raises(PasswordRefusedError, match=f"has {len(password)} characters; use at least 8"):
        require_acceptable(password, second_factor=True)


@pytest.mark.parametrize(
    "password",
    [
        "football", "sunshine", "PRINCESS", "Password1!", "iloveyou12", "!!dragon", "trustno1", "international", "christopher", "1qaz2wsx",
        "87654321", "password2026", "zaq12wsx", "ｓｕｎｓｈｉｎｅ",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused_whatever_digits_and_signs_stand_around_it(password: str) -> None:
    with pytest.raises(PasswordRefusedError, match="first that are tried"):
        require_acceptable(password, second_factor=True)


@pytest.mark.parametrize("password", ["lowercase only words", "1234 5678 9012 3467 1199", "UPPER CASE WITHOUT A DIGIT", "              .....x y z w"])
def test_no_kinds_of_characters_are_asked_for(password: str) -> None:
    require_acceptable(password, "lei@example.com")


@pytest.mark.parametrize("password", ["goodfood", "lei.wang99", "suyuan2026"])
def test_a_short_password_made_of_own_names_is_refused_too(password: str) -> None:
    with pytest.raises(PasswordRefusedError):
        require_acceptable(password, "lei.wang@example.com", "goodfood", second_factor=True)


def test_the_lists_are_whole_and_read_once() -> None:
    common_passwords._known.cache_clear()
    begin = time.perf_counter()
    assert common_passwords.contains("trustno1")
    first = time.perf_counter() - begin
    begin = time.perf_counter()
    assert not common_passwords.contains("granite otter velvet moss 42")
    assert time.perf_counter() - begin < first / 10
    assert len(common_passwords._known()) > 60_000


@pytest.mark.parametrize(
    ("password", "long"), [("fourteen chars", False), ("fifteen chars!!", True), ("春眠不觉晓处处闻啼鸟夜来风雨声", True), ("ﷺ", True)]
)
def test_a_password_is_long_by_its_normalised_characters(password: str, long: bool) -> None:
    assert is_long(password) is long


def test_every_listed_password_would_pass_the_length() -> None:
    assert [password for password in COMMON if len(password) < MIN_LENGTH or password != password.casefold()] == []


@pytest.mark.parametrize("password", ["lei.wang@example.com1", "goodfoods-lei.wang-1", "suyuan-goodfoods1"])
def test_a_password_made_of_own_names_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefusedError, match="your own or the company's name"):
        require_acceptable(password, "lei.wang@example.com", "goodfoods")


def test_a_password_is_bounded_above() -> None:
    require_acceptable("".join(chr(0x4E00 + index) for index in range(256)))
    with pytest.raises(PasswordRefusedError, match="use at most 256"):
        require_acceptable("".join(chr(0x4E00 + index) for index in range(257)))


@pytest.mark.parametrize("password", ["with\x00nul in the middle", "half a pair \ud800 of it", "x" * 1_025])
def test_what_nobody_can_type_is_refused_before_any_work(password: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        normalise(password)
    assert refusal.value.field == "password"


async def test_the_same_keys_on_two_devices_give_the_same_password(cheap_passwords: Passwords) -> None:
    stored = await cheap_passwords.hash("cafe\u0301 au lait, no sugar")
    assert await cheap_passwords.verify(stored, "caf\u00e9 au lait, no sugar")


async def test_verification_tells_right_from_wrong(cheap_passwords: Passwords) -> None:
    stored = await cheap_passwords.hash("a lamp, a river, nine cranes")
    assert stored.startswith("$argon2id$")
    assert await cheap_passwords.verify(stored, "a lamp, a river, nine cranes")
    assert not await cheap_passwords.verify(stored, "a lamp, a river, ten cranes")
    assert not await cheap_passwords.verify(None, "a lamp, a river, nine cranes")
    assert not await cheap_passwords.verify("not a hash", "a lamp, a river, nine cranes")


async def test_a_hash_of_other_parameters_is_outdated(cheap_passwords: Passwords) -> None:
    stored = await cheap_passwords.hash("a lamp, a river, nine cranes")
    assert not cheap_passwords.is_outdated(stored)
    assert Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)).is_outdated(stored)


async def test_nobody_costs_as_much_as_somebody() -> None:
    passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1))
    stored = await passwords.hash("a lamp, a river, nine cranes")
    spent: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(15):
        for account, times in spent.items():
            begin = time.perf_counter()
            assert not await passwords.verify(account, "another password altogether")
            times.append(time.perf_counter() - begin)
    assert 0.5 < statistics.median(spent[None]) / statistics.median(spent[stored]) < 2


async def test_a_crowd_is_refused_instead_of_queued_for_ever() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1))
    stored = await passwords.hash("a lamp, a river, nine cranes")
    crowd = [passwords.verify(stored, "a lamp, a river, nine cranes") for _ in range(MAX_WAITING + 5)]
    outcomes = await asyncio.gather(*crowd, return_exceptions=True)
    assert outcomes.count(True) == MAX_WAITING
    assert sum(isinstance(outcome, UnavailableError) for outcome in outcomes) == 5
    assert await passwords.verify(stored, "a lamp, a river, nine cranes")
