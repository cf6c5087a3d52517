"""Refresh tokens: their form, and what a presented one leads to."""

from datetime import datetime, timedelta

import pytest

from infra.clock import now
from infra.ids import uuid7
from tenants.errors import SessionEndedError
from tenants.refresh_tokens import Family, RefreshToken, Rotation, decide_rotation

MOMENT = now()
CURRENT, PREVIOUS, OLDER = b"c" * 32, b"p" * 32, b"o" * 32


def family(*, rotated: timedelta | None = timedelta(0), ended: datetime | None = None, expires: timedelta = timedelta(days=1)) -> Family:
    rotated_at = None if rotated is None else MOMENT - rotated
    return Family(CURRENT, None if rotated is None else PREVIOUS, rotated_at, MOMENT + expires, ended)


@pytest.mark.parametrize(
    ("state", "presented", "outcome"),
    [
        (family(), CURRENT, Rotation.ROTATE),
        (family(rotated=None), CURRENT, Rotation.ROTATE),
        (family(rotated=None), OLDER, Rotation.REUSED),
        (family(rotated=timedelta(seconds=9)), PREVIOUS, Rotation.REPEAT),
        (family(rotated=timedelta(seconds=10)), PREVIOUS, Rotation.REPEAT),
        (family(rotated=timedelta(seconds=10.001)), PREVIOUS, Rotation.REUSED),
        (family(), OLDER, Rotation.REUSED),
        (family(ended=MOMENT), CURRENT, Rotation.ENDED),
        (family(ended=MOMENT), PREVIOUS, Rotation.ENDED),
        (family(expires=timedelta(0)), CURRENT, Rotation.ENDED),
        (family(expires=timedelta(0)), OLDER, Rotation.ENDED),
    ],
)
def test_what_a_presented_token_leads_to(state: Family, presented: bytes, outcome: Rotation) -> None:
    assert decide_rotation(state, presented, MOMENT) is outcome


def test_a_token_reads_back_as_it_was_written() -> None:
    token = RefreshToken.new(uuid7())
    assert RefreshToken.parse(str(token)) == token


def test_the_successor_is_the_same_each_time_and_needs_the_key() -> None:
    token = RefreshToken.new(uuid7())
    successor = token.successor(b"key")
    assert successor == token.successor(b"key")
    assert successor.secret not in (token.secret, token.successor(b"another").secret)
    assert (successor.tenant_public_id, successor.selector) == (token.tenant_public_id, token.selector)


def test_secrets_stay_out_of_what_is_printed() -> None:
    token = RefreshToken.new(uuid7())
    assert repr(token) == f"RefreshToken(tenant_public_id={token.tenant_public_id!r})"


@pytest.mark.parametrize("change", ["", "syr_", "syr_AAAA", "x" * 90, "syr_" + "A" * 87, "syr_" + "é" * 86, "\x00", "\ud800", "syr_" + "!" * 86])
def test_text_that_is_no_refresh_token_is_refused(change: str) -> None:
    with pytest.raises(SessionEndedError):
        RefreshToken.parse(change)


def test_a_token_without_its_prefix_is_refused() -> None:
    with pytest.raises(SessionEndedError):
        RefreshToken.parse(str(RefreshToken.new(uuid7())).removeprefix("syr_"))
