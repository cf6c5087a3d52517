"""Passwords: argon2id in few threads, the same work for accounts that don't exist, and the policy of NIST SP 800-63B-4 §3.1.1."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from infra.errors import InvalidInputError, UnavailableError
from tenants import common_passwords
from tenants.errors import PasswordRefusedError

# NIST SP 800-63B-4 §3.1.1.2: alone, and beside a second factor.
MIN_LENGTH: Final = 15
MIN_LENGTH_WITH_SECOND_FACTOR: Final = 8
MAX_LENGTH: Final = 256
# Normalisation may lengthen a text; what comes in is bounded before it.
MAX_INPUT: Final = 1_024
THREADS: Final = 2
MAX_WAITING: Final = 64

# Long ones that the frequency lists lack. Repeats, runs and own names are found by rule.
COMMON: Final = frozenset(
    {
        "1q2w3e4r5t6y7u8i9o0p",
        "1qaz2wsx3edc4rfv",
        "1qaz2wsx3edc4rfv5tgb",
        "adminadminadmin",
        "administrator123",
        "changemechangeme",
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "iloveyouiloveyou",
        "iloveyouforever",
        "letmeinletmeinletmein",
        "password12345678",
        "password123456789",
        "passwordpassword",
        "qazwsxedcrfvtgb",
        "qazwsxedcrfvtgbyhn",
        "qwertyuiop12345",
        "qwertyuiop123456",
        "qwertyuiopasdfgh",
        "qwertyuiopasdfghjkl",
        "thisisapassword",
        "thisismypassword",
        "welcomewelcome1",
        "woaini1314520woaini",
    }
)
# What must be left of a password beside the names that anybody knows.
LEAST_BESIDE_NAMES: Final = 8
_AFFIXES: Final = re.compile(r"^[\d\W_]{1,4}|[\d\W_]{1,4}$")
_RUNS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

T = TypeVar("T")


def normalise(password: str) -> str:
    """NFKC, so that the same keys give the same password on every device. Raises `InvalidInputError` on what no one can type."""
    if len(password) > MAX_INPUT:
        raise InvalidInputError(f"The password is longer than {MAX_INPUT} characters.", field="password")
    if "\x00" in password or any("\ud800" <= character <= "\udfff" for character in password):
        raise InvalidInputError("The password contains a character that is not text (NUL or half of a pair).", field="password")
    return unicodedata.normalize("NFKC", password)


def is_long(password: str) -> bool:
    """Whether a password is long enough to stand without a second factor."""
    return len(normalise(password)) >= MIN_LENGTH


def require_acceptable(password: str, *own_names: str, second_factor: bool = False) -> None:
    """Raise `PasswordRefusedError` unless a new password is long enough and neither common nor made of the person's own names.

    No kinds of characters are asked for, and nobody has to change his password because time has passed (§3.1.1.2, 5 and 6).
    """
    text = normalise(password)
    least = MIN_LENGTH_WITH_SECOND_FACTOR if second_factor else MIN_LENGTH
    if len(text) < least:
        raise PasswordRefusedError(f"The password has {len(text)} characters; use at least {least}, such as four or five words.")
    if len(text) > MAX_LENGTH:
        raise PasswordRefusedError(f"The password has {len(text)} characters; use at most {MAX_LENGTH}.")
    folded = text.casefold()
    if _is_common(folded):
        raise PasswordRefusedError("This password is among the first that are tried. Choose another, such as four or five unrelated words.")
    names = [part for name in (*own_names, "suyuan") for part in (name.casefold(), name.casefold().split("@")[0]) if len(part) > 2]
    rest = folded
    for name in sorted(names, key=len, reverse=True):
        rest = rest.replace(name, "")
    if rest != folded and len(rest) < LEAST_BESIDE_NAMES:
        raise PasswordRefusedError("The password is made of your own or the company's name. Choose other words.")


def _is_common(folded: str) -> bool:
    if folded in COMMON or len(set(folded)) < 5 or _is_run(folded) or _is_repeat(folded):
        return True
    # What is written before and after a word to please a rule of composition makes it no rarer.
    return any(common_passwords.contains(part) for part in {folded, _AFFIXES.sub("", folded)})


def _is_run(text: str) -> bool:
    return any(text in run * 3 or text in (run * 3)[::-1] for run in _RUNS)


def _is_repeat(text: str) -> bool:
    """A short piece said again and again: found inside its own doubling."""
    period = (text + text).find(text, 1)
    return period < len(text) and period <= 8


class Passwords:
    """Hashes and verifies in a pool of few threads, each of which costs `memory_cost`; more than a short queue is refused."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        # argon2-cffi's default is the second choice of RFC 9106 §4: 64 MiB, three passes.
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody = self._hasher.hash(secrets.token_urlsafe(24))

    async def hash(self, password: str) -> str:
        """The hash of a normalised password, to be stored."""
        text = normalise(password)
        return await self._in_thread(lambda: self._hasher.hash(text))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the stored one; the same work is done, in vain, where nothing is stored."""
        text = normalise(password)

        def compare() -> bool:
            try:
                self._hasher.verify(stored or self._nobody, text)
            except (VerificationError, InvalidHashError):
                return False
            return stored is not None

        return await self._in_thread(compare)

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise UnavailableError("Too many people are signing in at this moment; try again in a few seconds.", retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
