"""A generic web hook for one's own programs, signed as Standard Webhooks has it."""

from backend.notifications.senders.letters import Letter, OpenChannel, Outcome, as_json, refused
from infra import clock
from infra.outward import Outward
from infra.webhook_signing import signature


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
