"""WeCom: a group's robot (its key stands in the address), and messages of an application to single members (access token)."""

from typing import Any, Final
from urllib.parse import urlencode

from backend.notifications.senders.letters import USUAL_WAIT, Letter, OpenChannel, Outcome, as_json, number_in, refused, said, text_in
from backend.notifications.senders.tokens import Tokens
from backend.notifications.templating import shortened
from infra.outward import Outward, OutwardAnswer, OutwardFailedError

# What each takes, in bytes of UTF-8.
_ROBOT_BYTES: Final = 4_096
_APPLICATION_BYTES: Final = 2_048
_JSON: Final = {"Content-Type": "application/json"}
# Called too often, by the minute or in all; the system is busy.
_SLOWER: Final = frozenset({45_009, 45_033, 45_047})
_BUSY: Final = frozenset({-1, 6_000})
# An access token that is wrong or has expired: the next one will do.
_TOKEN: Final = frozenset({40_001, 40_014, 42_001})
# Told again within half an hour, the same content isn't shown twice.
_DUPLICATES_SECONDS: Final = 1_800


async def send_to_group(letter: Letter, channel: OpenChannel, outward: Outward) -> Outcome:
    """By a group's robot."""
    url = f"{channel.settings.endpoint}/cgi-bin/webhook/send?{urlencode({'key': channel.secrets['key']})}"
    content = {"msgtype": "markdown", "markdown": {"content": shortened(letter.markdown, _ROBOT_BYTES)}}
    return _outcome(await outward.post(url, as_json(content), _JSON))


async def send_to_member(letter: Letter, channel: OpenChannel, outward: Outward, tokens: Tokens) -> Outcome:
    """By an application, to one member. A token that isn't taken is renewed once."""
    key = (channel.tenant_id, channel.channel_id, hash(channel.secrets["secret"]))
    outcome = Outcome(False, "The token wasn't taken.")
    for _ in range(2):
        token = await tokens.get(key, lambda: _token(channel, outward))
        url = f"{channel.settings.endpoint}/cgi-bin/message/send?{urlencode({'access_token': token})}"
        content: dict[str, Any] = {
            "touser": letter.wecom_user, "msgtype": "markdown", "agentid": channel.settings.agent_id,
            "markdown": {"content": shortened(letter.markdown, _APPLICATION_BYTES)},
            "enable_duplicate_check": 1, "duplicate_check_interval": _DUPLICATES_SECONDS,
        }  # fmt: skip
        answer = await outward.post(url, as_json(content), _JSON)
        outcome, told = _outcome(answer), said(answer)
        if outcome.taken and text_in(told, "invaliduser"):
            return Outcome(False, "WeCom knows no such member, or he may not see the application.", answer.status, hopeless=True)
        if number_in(told, "errcode") not in _TOKEN:
            return outcome
        tokens.forget(key, token)
    return outcome


async def _token(channel: OpenChannel, outward: Outward) -> tuple[str, float]:
    query = urlencode({"corpid": channel.settings.corp_id, "corpsecret": channel.secrets["secret"]})
    answer = await outward.get(f"{channel.settings.endpoint}/cgi-bin/gettoken?{query}", {})
    told = said(answer)
    token, seconds = told.get("access_token"), told.get("expires_in")
    if number_in(told, "errcode") != 0 or not isinstance(token, str) or not isinstance(seconds, int | float):
        raise OutwardFailedError(f"WeCom gave no access token: {_said(told) or answer.status}.")
    return token, float(seconds)


def _outcome(answer: OutwardAnswer) -> Outcome:
    if not 200 <= answer.status < 300:
        return refused(answer)
    told = said(answer)
    code = number_in(told, "errcode")
    if code == 0:
        return Outcome(True, status=answer.status, provider_id=text_in(told, "msgid") or None)
    if code is None:
        return Outcome(False, "WeCom's answer can't be read.", answer.status)
    if code in _SLOWER:
        return Outcome(False, f"WeCom asks to send less: {_said(told)}.", answer.status, wait=USUAL_WAIT)
    return Outcome(False, f"WeCom refused the message: {_said(told)}.", answer.status, hopeless=code not in _BUSY | _TOKEN)


def _said(told: dict[str, Any]) -> str:
    """The code alone: the words that go with it may repeat what was sent."""
    code = number_in(told, "errcode")
    return f"errcode {code}" if code is not None else ""
