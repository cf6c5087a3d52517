"""Proofs of possession by their own rules: what each claim may be, and for which request a proof counts (RFC 9449 §4.3)."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

from infra.clock import now
from tenants.devices.dpop import NONCE_WINDOW, Freshness, Nonces, Proof, normalised_url, public_key_of, read_proof, request_url
from tenants.devices.errors import NonceRequiredError, ProofInvalidError
from tests.handsets import Handset, jwk_of, token_hash

PATH = "/mobile/v1/sync"
URL = f"http://suyuan.test{PATH}"
TOKEN = "eyJ.a.token"
NONCES = Nonces(b"k" * 32)
PHONE = Handset(None)  # type: ignore[arg-type] # nothing is sent


def read(proof: str, *, method: str = "POST", url: str = URL, token: str | None = TOKEN, moment: datetime | None = None) -> Proof:
    return read_proof(proof, method=method, url=url, moment=moment or now(), nonces=NONCES, access_token=token)


def edited(proof: str, part: int, change: Any) -> str:
    """The same with another text in one of its three parts."""
    parts = proof.split(".")
    value = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps(change(value)).encode()).decode().rstrip("=")
    return ".".join(parts)


def test_a_proof_that_is_made_as_the_rfc_has_it_is_read() -> None:
    proof = read(PHONE.proof("POST", PATH, token=TOKEN, jti="a-jti-of-enough-length"))
    assert (proof.token_id, proof.freshness) == ("a-jti-of-enough-length", Freshness.CLOCK)
    assert proof.key == public_key_of(jwk_of(PHONE.key))[0]


def test_the_thumbprint_is_that_of_rfc_7638_whatever_else_a_browser_exports() -> None:
    # The key of RFC 9449 §4.1, with the thumbprint that §6.1 gives for it.
    jwk = {
        "kty": "EC", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA", "crv": "P-256",
    }  # fmt: skip
    key, _ = public_key_of(jwk)
    assert key.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert public_key_of(jwk | {"ext": True, "key_ops": ["verify"], "kid": "1"})[0] == key


@pytest.mark.parametrize(
    "change",
    [
        {"typ": "JWT"}, {"typ": "DPOP+JWT"}, {"typ": None}, {"alg": "ES384"}, {"alg": "HS256"}, {"alg": "none"}, {"alg": None}, {"kid": "1"},
        {"jku": "https://evil.test"}, {"crit": ["exp"]}, {"x5c": []}, {"jwk": None}, {"jwk": "key"}, {"jwk": []},
    ],
)  # fmt: skip
def test_another_header_is_refused(change: dict[str, Any]) -> None:
    good = PHONE.proof("POST", PATH, token=TOKEN)
    bad = edited(good, 0, lambda header: {name: value for name, value in (header | change).items() if value is not None})
    with pytest.raises(ProofInvalidError):
        read(bad)


@pytest.mark.parametrize(
    "change",
    [
        {"d": "A" * 43}, {"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}, {"crv": "P-384"}, {"crv": "secp256k1"}, {"x": "AA"}, {"x": 5}, {"x": None},
        {"y": "A" * 43}, {"x": "A" * 44}, {"x": "!" * 43}, {"x5u": "https://evil.test"},
    ],
)  # fmt: skip
def test_a_key_that_is_no_public_p256_key_is_refused(change: dict[str, Any]) -> None:
    jwk = {name: value for name, value in (jwk_of(PHONE.key) | change).items() if value is not None}
    with pytest.raises(ProofInvalidError, match="jwk"):
        read(PHONE.proof("POST", PATH, token=TOKEN, header={"jwk": jwk}))


def test_a_key_of_another_curve_and_its_signature_are_refused() -> None:
    key = generate_private_key(SECP384R1())
    with pytest.raises(ProofInvalidError):
        read(jwt.encode({"jti": "x" * 16}, key, algorithm="ES384", headers={"typ": "dpop+jwt", "jwk": jwk_of(PHONE.key)}))


def test_a_proof_signed_by_another_key_than_it_shows_is_refused() -> None:
    with pytest.raises(ProofInvalidError, match="signed"):
        read(PHONE.proof("POST", PATH, token=TOKEN, key=Handset(None).key))  # type: ignore[arg-type]


def test_a_proof_that_was_changed_after_it_was_signed_is_refused() -> None:
    with pytest.raises(ProofInvalidError, match="signed"):
        read(edited(PHONE.proof("GET", PATH, token=TOKEN), 1, lambda claims: claims | {"htm": "POST"}))


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c.d", "..", "{}", "é.é.é", "x" * 5_000, "eyJ9.e30.e30", "a=.b.c"])
def test_what_is_no_jwt_is_refused(text: str) -> None:
    with pytest.raises(ProofInvalidError):
        read(text)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"jti": None}, "jti"), ({"jti": "short"}, "jti"), ({"jti": "x" * 129}, "jti"), ({"jti": "with a space in it"}, "jti"), ({"jti": 7}, "jti"),
        ({"htm": None}, "htm"), ({"htm": "GET"}, "htm"), ({"htm": "post"}, "htm"), ({"htm": ["POST"]}, "htm"),
        ({"htu": None}, "htu"), ({"htu": "http://suyuan.test/mobile/v1/changes"}, "htu"), ({"htu": "https://suyuan.test/mobile/v1/sync"}, "htu"),
        ({"htu": "http://evil.test/mobile/v1/sync"}, "htu"), ({"htu": "http://suyuan.test:81/mobile/v1/sync"}, "htu"), ({"htu": PATH}, "htu"),
        ({"htu": "http://suyuan.test@evil.test/mobile/v1/sync"}, "htu"), ({"htu": f"{URL}/"}, "htu"), ({"htu": "http://suyuan.test:x/"}, "htu"),
        ({"iat": None}, "iat"), ({"iat": "now"}, "iat"), ({"iat": True}, "iat"), ({"iat": -1}, "iat"), ({"iat": 10**400}, "iat"),
        ({"ath": None}, "ath"), ({"ath": token_hash("another")}, "ath"), ({"ath": "é"}, "ath"), ({"ath": 1}, "ath"), ({"nonce": 1}, "nonce"),
    ],
)  # fmt: skip
def test_each_claim_that_is_wrong_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ProofInvalidError, match=named):
        read(PHONE.proof("POST", PATH, token=TOKEN, **changes))


def test_claims_that_are_no_object_or_no_json_are_refused() -> None:
    for payload in (b"[]", b"5", b"{", b"\xff", b"[" * 3_000):
        proof = jwt.PyJWS().encode(payload, PHONE.key, algorithm="ES256", headers={"typ": "dpop+jwt", "jwk": jwk_of(PHONE.key)})
        with pytest.raises(ProofInvalidError):
            read(proof)


def test_a_proof_without_a_token_names_none() -> None:
    assert read(PHONE.proof("POST", PATH), token=None).freshness is Freshness.CLOCK
    with pytest.raises(ProofInvalidError, match="ath"):
        read(PHONE.proof("POST", PATH, token=TOKEN), token=None)


@pytest.mark.parametrize("seconds", [-61, 61, -86_400, 10**9])
def test_a_clock_that_is_off_asks_for_the_nonce_and_with_it_is_right(seconds: int) -> None:
    iat = int(time.time()) + seconds
    with pytest.raises(NonceRequiredError) as refusal:
        read(PHONE.proof("POST", PATH, token=TOKEN, iat=iat))
    headers = refusal.value.detail["headers"]
    assert headers["WWW-Authenticate"] == 'DPoP error="use_dpop_nonce", algs="ES256"'
    assert read(PHONE.proof("POST", PATH, token=TOKEN, iat=iat, nonce=headers["DPoP-Nonce"])).freshness is Freshness.NONCE


@pytest.mark.parametrize("seconds", [-55, 0, 55])
def test_a_clock_that_is_nearly_right_needs_no_nonce(seconds: int) -> None:
    assert read(PHONE.proof("POST", PATH, token=TOKEN, iat=time.time() + seconds)).freshness is Freshness.CLOCK


def test_a_nonce_counts_in_its_window_and_the_next_and_only_as_it_was_given() -> None:
    moment = datetime(2026, 7, 1, 8, tzinfo=UTC)
    nonce = NONCES.issue(moment)
    for windows, counts in ((0, True), (1, True), (2, False), (-1, False)):
        found = NONCES.freshness_of(nonce, moment + windows * NONCE_WINDOW)
        assert (found is Freshness.NONCE) is counts
    assert NONCES.freshness_of(NONCES.issue(moment, outage=True), moment) is Freshness.OUTAGE_NONCE
    for other in (nonce[:-1], nonce + "A", "", "é", Nonces(b"o" * 32).issue(moment)):
        assert NONCES.freshness_of(other, moment) is None


def test_a_nonce_of_long_ago_or_of_nobody_is_asked_for_anew_even_with_the_right_time() -> None:
    for nonce in (NONCES.issue(now() - timedelta(hours=1)), "made up"):
        with pytest.raises(NonceRequiredError):
            read(PHONE.proof("POST", PATH, token=TOKEN, nonce=nonce))


@pytest.mark.parametrize(
    "spelled",
    [
        "HTTP://SUYUAN.TEST/mobile/v1/sync", "http://suyuan.test:80/mobile/v1/sync", "http://suyuan.test/%6dobile/v1/sync",
        "http://suyuan.test/mobile/v1/sync?since=1#x",
    ],
)  # fmt: skip
def test_an_address_is_compared_in_its_normal_form(spelled: str) -> None:
    assert read(PHONE.proof("POST", PATH, token=TOKEN, htu=spelled)).freshness is Freshness.CLOCK


@pytest.mark.parametrize(
    ("public_url", "path", "url"),
    [
        ("https://Trace.Example.com/", "/a", "https://trace.example.com/a"), ("https://trace.example.com:443", "/a", "https://trace.example.com/a"),
        ("https://trace.example.com:8443/base", "/a%2fb", "https://trace.example.com:8443/base/a%2Fb"), ("http://[::1]:8000", "/", "http://[::1]:8000/"),
    ],
)  # fmt: skip
def test_the_address_of_a_request_is_that_under_which_everybody_reaches_the_service(public_url: str, path: str, url: str) -> None:
    assert request_url(public_url, path) == url


@pytest.mark.parametrize("url", ["", "ftp://a/b", "//a/b", "http:///b", "http://u@a/b", "http://a\\b", "http://ä/b", "http://a:99999/", "http://[x/"])
def test_what_is_no_http_address_has_no_normal_form(url: str) -> None:
    assert normalised_url(url) is None
