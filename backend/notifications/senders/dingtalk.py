"""DingTalk: a group's robot, whose address is signed with a time stamp (HMAC-SHA256, good for an hour)."""

import base64
import hashlib
import hmac
import time
from typing import Final
from urllib.parse import urlencode

from backend.notifications.kinds import Urgency
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome, as_json, number_in, refused, said
from backend.notifications.templating import shortened
from infra.outward import Outward

_MOST_BYTES: Final = 18_000
# Sent too often: the robot is silent for ten minutes.
_SLOWER: Final = frozenset({130_101, 130_102})
_SILENT_SECONDS: Final = 600.0
_BUSY: Final = frozenset({-1})


def signature(secret: str, milliseconds: int) -> str:
    """The signature of a moment: over the time stamp, a line feed and the secret, under the secret."""
    signed = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


async def send(letter: Letter, channel: OpenChannel, outward: Outward) -> Outcome:
    """To the group; what is critical calls everybody where the channel says so."""
    moment = time.time_ns() // 1_000_000
    query = {"access_token": channel.secrets["access_token"], "timestamp": str(moment), "sign": signature(channel.secrets["secret"], moment)}
    everybody = channel.settings.call_everybody and letter.urgency is Urgency.CRITICAL
    content = {
        "msgtype": "markdown", "markdown": {"title": letter.title, "text": shortened(letter.markdown, _MOST_BYTES)}, "at": {"isAtAll": everybody},
    }  # fmt: skip
    url = f"{channel.settings.endpoint}/robot/send?{urlencode(query)}"
    answer = await outward.post(url, as_json(content), {"Content-Type": "application/json"})
    if not 200 <= answer.status < 300:
        return refused(answer)
    code = number_in(said(answer), "errcode")
    if code == 0:
        return Outcome(True, status=answer.status)
    if code is None:
        return Outcome(False, "DingTalk's answer can't be read.", answer.status)
    if code in _SLOWER:
        return Outcome(False, f"DingTalk asks to send less: errcode {code}.", answer.status, wait=_SILENT_SECONDS)
    return Outcome(False, f"DingTalk refused the message: errcode {code}.", answer.status, hopeless=code not in _BUSY)
