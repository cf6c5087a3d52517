"""Access tokens: what verifies, and everything that must not."""

import base64
import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from infra.clock import now
from infra.ids import uuid7
from infra.settings import Environment, Settings
from tenants.errors import TokenExpiredError, TokenInvalidError
from tenants.tokens import AUDIENCE, REQUIRED, AccessTokens, signing_secret

PERSON, TENANT, SESSION = uuid7(), uuid7(), uuid7()
SECRET = bytes(range(32))
HEADERS = {"typ": "at+jwt"}


def settings(**changes: Any) -> Settings:
    nowhere = SecretStr("postgresql://nobody@nowhere/none")
    values: dict[str, Any] = {
        "environment": Environment.TEST,
        "public_url": "https://trace.test",
        "database_url": nowhere,
        "database_relay_url": nowhere,
        "database_auth_url": nowhere,
        "database_public_url": nowhere,
        "redis_url": SecretStr("redis://nowhere"),
        "token_signing_key": SecretStr(encoded(SECRET)),
        "encryption_key": SecretStr(encoded(SECRET)),
    }
    return Settings(**(values | changes))


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@pytest.fixture(scope="module")
def tokens() -> AccessTokens:
    return AccessTokens(settings())


def issue(tokens: AccessTokens, **changes: Any) -> str:
    values: dict[str, Any] = {"subject_id": PERSON, "tenant_public_id": TENANT, "session_id": SESSION, "epoch": 3, "kind": "person"}
    return tokens.issue(**(values | changes))


def claims(**changes: Any) -> dict[str, Any]:
    values = {
        "iss": "suyuan",
        "aud": AUDIENCE,
        "sub": str(PERSON),
        "tid": str(TENANT),
        "sid": str(SESSION),
        "epoch": 3,
        "kind": "person",
        "jti": str(uuid7()),
        "iat": now(),
        "exp": now() + timedelta(minutes=5),
    } | changes
    return {name: value for name, value in values.items() if value is not None}


def signed(tokens: AccessTokens, payload: dict[str, Any], **headers: Any) -> str:
    """A token signed with the right key, put together by hand, because the library refuses to make some of the wrong ones."""
    header = {"alg": "EdDSA", "kid": tokens.key_id} | HEADERS | headers
    parts = [{name: value for name, value in part.items() if value is not None} for part in (header, payload)]
    text = ".".join(encoded(json.dumps(part, default=datetime.timestamp).encode()) for part in parts)
    return f"{text}.{encoded(Ed25519PrivateKey.from_private_bytes(SECRET).sign(text.encode()))}"


def test_an_issued_token_tells_what_was_put_in(tokens: AccessTokens) -> None:
    read = tokens.verify(issue(tokens))
    assert (read.subject_id, read.tenant_public_id, read.session_id, read.epoch) == (PERSON, TENANT, SESSION, 3)
    assert isinstance(read.token_id, UUID)


def test_two_tokens_have_two_ids(tokens: AccessTokens) -> None:
    assert tokens.verify(issue(tokens)).token_id != tokens.verify(issue(tokens)).token_id


def test_a_hand_made_token_of_the_same_form_verifies(tokens: AccessTokens) -> None:
    assert tokens.verify(signed(tokens, claims())).epoch == 3


def test_the_header_names_algorithm_type_and_key(tokens: AccessTokens) -> None:
    assert jwt.get_unverified_header(issue(tokens)) == {"alg": "EdDSA", "typ": "at+jwt", "kid": tokens.key_id}


def test_a_token_lives_ten_minutes_at_most(tokens: AccessTokens) -> None:
    read = jwt.decode(issue(tokens), options={"verify_signature": False})
    assert read["exp"] - read["iat"] == 600
    with pytest.raises(ValueError, match="access_token_seconds"):
        settings(access_token_seconds=601)


def test_an_expired_token_is_told_apart(tokens: AccessTokens) -> None:
    with pytest.raises(TokenExpiredError):
        tokens.verify(issue(tokens, issued_at=now() - timedelta(seconds=606)))


def test_a_clock_a_few_seconds_behind_is_tolerated(tokens: AccessTokens) -> None:
    assert tokens.verify(issue(tokens, issued_at=now() - timedelta(seconds=602))).epoch == 3


def test_an_expired_forgery_is_not_told_that_it_expired(tokens: AccessTokens) -> None:
    forged = jwt.encode(
        claims(exp=now() - timedelta(hours=1)), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=HEADERS | {"kid": tokens.key_id}
    )
    with pytest.raises(TokenInvalidError):
        tokens.verify(forged)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_token_without_a_required_claim_is_refused(tokens: AccessTokens, name: str) -> None:
    with pytest.raises(TokenInvalidError):
        tokens.verify(signed(tokens, claims(**{name: None})))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another-api"},
        {"aud": [AUDIENCE, "another-api"]},
        {"iss": "another"},
        {"iss": ["suyuan"]},
        {"sub": "1"},
        {"sub": "' or 1=1 --"},
        {"tid": "42"},
        {"sid": "x"},
        {"jti": ""},
        {"epoch": "3"},
        {"epoch": True},
        {"epoch": 3.0},
        {"exp": "never"},
        {"iat": now() + timedelta(hours=1)},
        {"nbf": now() + timedelta(hours=1)},
    ],
)
def test_a_well_signed_token_with_a_wrong_claim_is_refused(tokens: AccessTokens, wrong: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalidError):
        tokens.verify(signed(tokens, claims(**wrong)))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "another"},
        {"kid": None},
        {"kid": "../../../../dev/null"},
        {"jku": "https://attacker.test/keys.json"},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}},
        {"x5u": "https://attacker.test/chain.pem"},
        {"crit": ["exp"]},
        {"b64": False},
    ],
)
def test_a_well_signed_token_with_another_header_is_refused(tokens: AccessTokens, header: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalidError):
        tokens.verify(signed(tokens, claims(), **header))


def by_hand(header: dict[str, Any], payload: dict[str, Any], signature: str = "") -> str:
    body = payload | {"iat": 1, "exp": 99_999_999_999}
    return ".".join([encoded(json.dumps(header).encode()), encoded(json.dumps(body).encode()), signature])


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 0])
def test_an_unsigned_token_is_refused(tokens: AccessTokens, algorithm: Any) -> None:
    with pytest.raises(TokenInvalidError):
        tokens.verify(by_hand({"alg": algorithm, "kid": tokens.key_id} | HEADERS, claims()))


def test_the_public_key_is_no_shared_secret(tokens: AccessTokens) -> None:
    public = Ed25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    with pytest.raises(TokenInvalidError):
        tokens.verify(jwt.encode(claims(), public, algorithm="HS256", headers=HEADERS | {"kid": tokens.key_id}))


def test_tokens_of_other_algorithms_and_keys_are_refused(tokens: AccessTokens) -> None:
    header = HEADERS | {"kid": tokens.key_id}
    forged = [
        jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header),
        jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers=header),
        jwt.encode(claims(), rsa.generate_private_key(65537, 2048), algorithm="RS256", headers=header),
    ]
    for token in forged:
        with pytest.raises(TokenInvalidError):
            tokens.verify(token)


def test_a_token_with_any_part_changed_is_refused(tokens: AccessTokens) -> None:
    header, payload, signature = issue(tokens).split(".")
    other = encoded(json.dumps(claims(iat=1, exp=99_999_999_999, epoch=4)).encode())
    changed = [
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.{encoded(bytes(64))}",
        f"{header}.{payload}.{signature}.{signature}",
        f".{payload}.{signature}",
        f"{header}.{payload}.{signature}" + "A" * 3_000,
    ]
    for token in changed:
        with pytest.raises(TokenInvalidError):
            tokens.verify(token)


@pytest.mark.parametrize("text", ["", ".", "..", "...", "a.b.c", "null", "{}", "\x00", "溯源", "\ud800", "é.é.é", "[[[[.[[[[.[[[[", "A" * 100_000])
def test_text_that_is_no_token_is_refused(tokens: AccessTokens, text: str) -> None:
    with pytest.raises(TokenInvalidError):
        tokens.verify(text)


def hostile_tokens() -> list[str]:
    root = Path(os.environ.get("SUYUAN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = root / "security-corpora" / "lists" / "jwt.json"
    if not path.exists():
        return []
    payloads = [entry["payload"] for entry in json.loads(path.read_text(encoding="utf-8"))]
    found = {word for payload in payloads for word in re.findall(r"[\w-]+\.[\w-]*\.[\w-]*", payload)}
    for payload in payloads:
        found.add(payload)
        header, _, rest = payload.partition("}.\n")
        found.add(".".join([encoded((header + "}").encode()), encoded(rest.partition("\n[")[0].encode()), "AAAA"]))
    return sorted(found)


@pytest.mark.skipif(not hostile_tokens(), reason="the shared security corpora are absent")
def test_no_token_of_the_hostile_collection_is_accepted(tokens: AccessTokens) -> None:
    collection = hostile_tokens()
    assert len(collection) >= 16
    for token in collection:
        with pytest.raises(TokenInvalidError):
            tokens.verify(token)


def test_a_retired_key_verifies_and_no_longer_signs(tokens: AccessTokens) -> None:
    public = Ed25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    renewed = AccessTokens(settings(token_signing_key=SecretStr(encoded(bytes(32))), token_retired_keys=(encoded(public),)))
    assert renewed.verify(issue(tokens)).epoch == 3
    assert jwt.get_unverified_header(issue(renewed))["kid"] != tokens.key_id
    with pytest.raises(TokenInvalidError):
        tokens.verify(issue(renewed))


def test_a_demo_key_is_derived_from_its_words() -> None:
    assert signing_secret("demo-a") == signing_secret("demo-a") != signing_secret("demo-b")
    assert len(signing_secret("demo-a")) == 32


@pytest.mark.parametrize("setting", ["", "short", encoded(bytes(31)), encoded(bytes(33)), "!" * 43, "密" * 43])
def test_a_signing_key_of_another_form_is_refused_with_the_mend(setting: str) -> None:
    with pytest.raises(ValueError, match="32 bytes in base64url"):
        signing_secret(setting)
