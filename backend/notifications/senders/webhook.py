"""A generic web hook for one's own programs, signed as Standard Webhooks has it."""

import base64
import hashlib
import hmac

from backend.notifications.senders.letters import Letter, OpenChannel, Outcome, as_json, refused
from infra import clock
from infra.outward import Outward


def signature(secret: str, name: str, seconds: int, body: bytes) -> str:
    """The signature of a message: over its id, the time and the body."""
    signed = f"{name}.{seconds}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()}"


def key_of(secret: str) -> bytes:
    """The key in a secret, Base64 behind `whsec_`. Raises ValueError for any other."""
    if not secret.startswith("whsec_"):
        raise ValueError("a secret of a web hook begins with whsec_")
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


async def send(letter: Letter, channel: OpenChannel, outward: Outward) -> Outcome:
    """To the address, with an id that stays the same however often it is tried."""
    name, seconds = f"msg_{letter.delivery_id.hex}", int(clock.now().timestamp())
    told = {"subject": letter.subject, "urgency": letter.urgency.name.lower(), "title": letter.title, "text": letter.text, "link": letter.link}
    body = as_json({"type": letter.topic, "timestamp": clock.isoformat(letter.at), "data": told})
    headers = {
        "Content-Type": "application/json", "User-Agent": "Suyuan", "webhook-id": name, "webhook-timestamp": str(seconds),
        "webhook-signature": signature(channel.secrets["secret"], name, seconds, body),
    }  # fmt: skip
    answer = await outward.post(channel.settings.url, body, headers)
    return Outcome(True, status=answer.status) if 200 <= answer.status < 300 else refused(answer)
