"""What Standard Webhooks fixes, against the reference library, and when an attempt is made again."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from backend.webhooks import rules
from backend.webhooks.kinds import KINDS
from backend.webhooks.publishing import body_of
from infra.webhook_signing import key_of, signature

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_signature_is_that_of_the_published_example() -> None:
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert signature(secret, message, 1_614_265_330, b'{"test": 2432232314}') == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_library_verifies_what_is_signed_with_any_secret_in_force() -> None:
    former, current, stranger = (rules.new_secret() for _ in range(3))
    content, now = '{"type": "hold.placed", "说": "面粉"}'.encode(), datetime.now(UTC)
    headers = rules.headers([current, former], uuid4(), now, content)
    for secret in (former, current):
        assert Webhook(secret).verify(content, headers) == {"type": "hold.placed", "说": "面粉"}
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify(content, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(current).verify(content + b" ", headers)
    old = rules.headers([current], uuid4(), now - timedelta(minutes=6), content)
    with pytest.raises(WebhookVerificationError):
        Webhook(current).verify(content, old)


def test_secrets_are_of_the_form_and_length_that_the_standard_wants() -> None:
    made = {rules.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in made} == {32}
    with pytest.raises(ValueError, match="not a webhook's secret"):
        key_of("whsec_***")


def test_attempts_go_on_for_three_days_and_then_end() -> None:
    at, times = AT, []
    for tries in range(1, 11):
        next_at = rules.next_try(tries, at, chance=0)
        times.append(next_at)
        at = next_at or at
    assert times[0] == AT + timedelta(seconds=5)
    assert times[-1] is None
    assert timedelta(days=3) <= at - AT <= timedelta(days=3, hours=4)
    spread = rules.next_try(2, AT, chance=1)
    assert spread == AT + timedelta(seconds=330)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120), ("Mon, 02 Mar 2026 09:00:00 GMT", 3_600), (" 7 ", 7), ("999999999999999999999", 86_400), ("Mon, 02 Mar 2020 09:00:00 GMT", 5),
        ("-5", 5), ("soon", 5), ("", 5), (None, 5), ("٣٠٠", 5), ("Mon, 99 Zzz", 5),
    ],
)  # fmt: skip
def test_what_the_receiver_asks_for_is_waited_for_a_day_at_most(asked: str | None, seconds: int) -> None:
    assert rules.next_try(1, AT, chance=0, retry_after=asked) == AT + timedelta(seconds=seconds)


def test_an_answer_is_kept_as_text_whatever_it_is() -> None:
    assert rules.first_bytes(b"\xff\x00ok" + b"x" * 10_000) == "\ufffd\ufffdok" + "x" * 496


def test_a_payload_is_thin_versioned_and_never_too_large() -> None:
    assert body_of("hold.placed", "urn:x:1", {"hold": "1"}, AT) == (
        '{"type":"hold.placed","version":"1","timestamp":"2026-03-02T08:00:00.000Z","data":{"subject":"urn:x:1","hold":"1"}}'
    )
    long = body_of("hold.placed", "urn:x:1", {"note": "长" * 20_000}, AT)
    assert long.endswith('"data":{"subject":"urn:x:1","shortened":true}}')


def test_each_kind_has_its_words_in_both_languages() -> None:
    assert all(kind.chinese != kind.english and not kind.chinese.isascii() and kind.english.isascii() for kind in KINDS.values())
