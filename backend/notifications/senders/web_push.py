"""Web push: encrypted for one browser (RFC 8291, aes128gcm), signed by the company's key (VAPID, RFC 8292), sent to its push service (RFC 8030)."""

import asyncio
import base64
import time
from typing import Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key
from pywebpush import WebPusher

from backend.notifications.kinds import Urgency
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome, PushAddress, as_json, best_of, refused
from backend.notifications.templating import shortened
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError

# Of the 4096 bytes that every push service takes, what the encryption adds is 103.
_MOST_BYTES: Final = 3_500
_KEPT_SECONDS: Final = 86_400
# RFC 8292 §2 allows a day.
_TOKEN_SECONDS: Final = 43_200
_URGENCY: Final = {Urgency.CRITICAL: "high", Urgency.NORMAL: "normal", Urgency.LOW: "low"}


def new_key() -> tuple[str, str]:
    """(private key, PEM; public key as browsers want it): an application server's key pair on P-256."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return pem, base64.urlsafe_b64encode(point).decode().rstrip("=")


def encrypted(address: PushAddress, content: bytes) -> bytes:
    """The content for one browser alone. Raises ValueError for keys that are none."""
    given = {"endpoint": address.address["endpoint"], "keys": {"p256dh": address.address["p256dh"], "auth": address.address["auth"]}}
    try:
        return bytes(WebPusher(given).encode(content, content_encoding="aes128gcm")["body"])
    except Exception as problem:
        raise ValueError("The keys of this browser can't be used.") from problem


def authorization(endpoint: str, private_key: str, public_key: str, contact: str) -> str:
    """The header that says who sends (RFC 8292 §3.1): good for one push service and half a day."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + _TOKEN_SECONDS, "sub": contact}
    key = load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a key of web push is one on P-256")
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={public_key}"


def payload_of(letter: Letter) -> bytes:
    """What the browser's service worker gets."""
    title = shortened(letter.title, 400)
    text = shortened(letter.text, _MOST_BYTES - len(title.encode()) - len(letter.link) - 400)
    return as_json(
        {
            "id": str(letter.delivery_id), "title": title, "body": text, "url": letter.link, "lang": letter.language,
            "urgency": letter.urgency.name.lower(),
        }
    )  # fmt: skip


async def send(letter: Letter, channel: OpenChannel, outward: Outward) -> Outcome:
    """To each of the person's browsers; one that takes it is enough. Those that are gone are named."""
    if not letter.pushes:
        return Outcome(False, "No browser of this person is registered any more.", hopeless=True)
    content = payload_of(letter)
    return best_of(await asyncio.gather(*(_one(letter, each, channel, outward, content) for each in letter.pushes)))


async def _one(letter: Letter, to: PushAddress, channel: OpenChannel, outward: Outward, content: bytes) -> Outcome:
    endpoint = to.address["endpoint"]
    try:
        headers = {
            "Authorization": authorization(endpoint, channel.secrets["private_key"], channel.settings.public_key, channel.settings.contact),
            "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": str(_KEPT_SECONDS),
            # A repetition takes the place of the first one where that still waits for the browser (RFC 8030 §5.4).
            "Urgency": _URGENCY[letter.urgency], "Topic": letter.delivery_id.hex,
        }  # fmt: skip
        answer = await outward.post(endpoint, encrypted(to, content), headers)
    except (OutwardRefusedError, ValueError) as problem:
        return Outcome(False, str(problem), hopeless=True, gone=(to.push_id,))
    except OutwardFailedError as problem:
        return Outcome(False, str(problem))
    if 200 <= answer.status < 300:
        return Outcome(True, status=answer.status)
    if answer.status in (404, 410):
        return Outcome(False, "The browser has ended its subscription.", answer.status, hopeless=True, gone=(to.push_id,))
    return refused(answer)
