"""Settings from the environment: what is missing or weak is named, and no secret is ever shown."""

import base64
import os
import re
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from infra.settings import Environment, Settings, load_settings

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
WHOLE = {
    "SUYUAN_PUBLIC_URL": "https://trace.example.com",
    "SUYUAN_DATABASE_URL": "postgresql://suyuan_app:app-pass@db/suyuan",
    "SUYUAN_DATABASE_RELAY_URL": "postgresql://suyuan_relay:relay-pass@db/suyuan",
    "SUYUAN_DATABASE_AUTH_URL": "postgresql://suyuan_auth:auth-pass@db/suyuan",
    "SUYUAN_DATABASE_PUBLIC_URL": "postgresql://suyuan_public:public-pass@db/suyuan",
    "SUYUAN_REDIS_URL": "rediss://:redis-pass@cache:6379/0",
    "SUYUAN_TOKEN_SIGNING_KEY": KEY,
    "SUYUAN_ENCRYPTION_KEY": KEY,
}
OPTIONAL = {
    "SUYUAN_DATABASE_OWNER_URL": "postgresql://suyuan_migrator:owner-pass@db/suyuan",
    "SUYUAN_S3_SECRET_KEY": "s3-pass",
    "SUYUAN_S3_ACCESS_KEY": "s3-id",
}
SECRETS = ("app-pass", "relay-pass", "auth-pass", "public-pass", "redis-pass", "owner-pass", "s3-pass", KEY)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SUYUAN_"):
            monkeypatch.delenv(name)


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings()  # type: ignore[call-arg]  # the environment gives them


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, **values)
    return str(refused.value)


def test_production_is_the_default_and_starts_with_secrets_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **WHOLE, **OPTIONAL)
    assert settings.environment is Environment.PRODUCTION
    assert (settings.host, settings.port, settings.log_json, settings.trusted_proxies) == ("127.0.0.1", 8000, True, 0)
    assert settings.database_url.get_secret_value() == WHOLE["SUYUAN_DATABASE_URL"]


def test_every_missing_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch)
    named = {f"SUYUAN_{str(error['loc'][0]).upper()}" for error in refused.value.errors() if error["type"] == "missing"}
    assert named == set(WHOLE)
    for name in WHOLE:
        text = refusal(monkeypatch, **{other: value for other, value in WHOLE.items() if other != name})
        assert name.removeprefix("SUYUAN_").lower() in text
        for other in WHOLE:
            monkeypatch.delenv(other, raising=False)


def weakened(value: str) -> str:
    """The same with a password or key of the demo's."""
    return re.sub(r"(://[^/@]*:)([^@]*@)", r"\1demo-\2", value) if "://" in value else f"demo-{value}"


def named_in(text: str) -> list[str]:
    [names] = re.findall(r"set your own for (.*)$", text.splitlines()[1].replace(" [type=value_error]", ""))
    return str(names).split(", ")


@pytest.mark.parametrize("name", sorted({**WHOLE, **OPTIONAL}.keys() - {"SUYUAN_PUBLIC_URL"}))
def test_a_demo_secret_does_not_start_in_production_and_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    whole = {**WHOLE, **OPTIONAL}
    assert named_in(refusal(monkeypatch, **{**whole, name: weakened(whole[name])})) == [name]


def test_all_demo_secrets_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {**WHOLE, **OPTIONAL}
    weak = {name: weakened(value) for name, value in whole.items() if name != "SUYUAN_PUBLIC_URL"}
    assert named_in(refusal(monkeypatch, **{**whole, **weak})) == sorted(weak)


def test_a_retired_demo_key_does_not_start_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    retired = f'["{KEY}", "demo-former-key"]'
    assert named_in(refusal(monkeypatch, **WHOLE, SUYUAN_ENCRYPTION_RETIRED_KEYS=retired)) == ["SUYUAN_ENCRYPTION_RETIRED_KEYS"]


@pytest.mark.parametrize("environment", ["demo", "test"])
def test_elsewhere_the_demos_secrets_serve(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    settings = read(monkeypatch, **{**WHOLE, "SUYUAN_TOKEN_SIGNING_KEY": "demo-key", "SUYUAN_ENVIRONMENT": environment})
    assert settings.environment == environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUYUAN_ENVIRONMENT", "staging"),
        ("SUYUAN_PORT", "0"),
        ("SUYUAN_PORT", "http"),
        ("SUYUAN_DATABASE_POOL_SIZE", "0"),
        ("SUYUAN_STATEMENT_TIMEOUT_MS", "10"),
        ("SUYUAN_ACCESS_TOKEN_SECONDS", "3600"),
        ("SUYUAN_TRUSTED_PROXIES", "-1"),
        ("SUYUAN_CAPTURE_MAX_BYTES", "1"),
    ],
)
def test_a_value_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert name.removeprefix("SUYUAN_").lower() in refusal(monkeypatch, **{**WHOLE, name: value})


def test_no_secret_is_shown_by_settings_or_by_their_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **WHOLE, **OPTIONAL)
    shown = [repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())]
    shown.append(refusal(monkeypatch, SUYUAN_PORT="x"))
    shown.append(refusal(monkeypatch, SUYUAN_PORT="1", SUYUAN_S3_SECRET_KEY="demo-hidden"))
    monkeypatch.delenv("SUYUAN_PUBLIC_URL")
    shown.append(refusal(monkeypatch, SUYUAN_S3_SECRET_KEY="s3-pass"))
    for text in shown:
        assert [secret for secret in (*SECRETS, "demo-hidden") if secret in text] == []


def test_every_setting_that_holds_a_secret_is_one() -> None:
    """A new address or key that isn't a SecretStr would stand in logs."""
    plain = {name for name, field in Settings.model_fields.items() if SecretStr not in _kinds(field.annotation)}
    assert {name for name in plain if name.endswith(("_key", "_url", "_secret", "_password"))} == {"public_url"}


def _kinds(annotation: Any) -> set[Any]:
    return {annotation, *getattr(annotation, "__args__", ())}


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    first = load_settings()
    monkeypatch.setenv("SUYUAN_PORT", "9000")
    assert load_settings() is first
    load_settings.cache_clear()
    assert load_settings().port == 9000
    load_settings.cache_clear()
