"""App push by Firebase Cloud Messaging, HTTP v1: an OAuth token for the service account's signed assertion (RFC 7523), then the message."""

import asyncio
import time
from typing import Any, Final
from urllib.parse import quote, urlencode

import jwt

from backend.notifications.kinds import Urgency
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome, PushAddress, as_json, best_of, refused, said, text_in
from backend.notifications.senders.tokens import Tokens
from backend.notifications.templating import shortened
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_MOST_BYTES: Final = 3_000


def assertion(settings: Any, private_key: str) -> str:
    """The signed statement for which the token is given: an hour long, for this token address alone."""
    moment = int(time.time())
    claims = {"iss": settings.client_email, "scope": SCOPE, "aud": settings.token_uri, "iat": moment, "exp": moment + 3_600}
    return jwt.encode(claims, private_key, algorithm="RS256")


async def send(letter: Letter, channel: OpenChannel, outward: Outward, tokens: Tokens) -> Outcome:
    """To each of the person's apps; one that takes it is enough. Those that were removed are named."""
    if not letter.pushes:
        return Outcome(False, "No app of this person is registered any more.", hopeless=True)
    return best_of(await asyncio.gather(*(_one(letter, to, channel, outward, tokens) for to in letter.pushes)))


async def _one(letter: Letter, to: PushAddress, channel: OpenChannel, outward: Outward, tokens: Tokens) -> Outcome:
    key = (channel.tenant_id, channel.channel_id, hash(channel.secrets["private_key"]))
    outcome = Outcome(False, "The token wasn't taken.")
    for _ in range(2):
        try:
            token = await tokens.get(key, lambda: _token(channel, outward))
            url = f"{channel.settings.endpoint}/v1/projects/{quote(channel.settings.project_id, safe='')}/messages:send"
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = await outward.post(url, as_json(_message(letter, to.address["token"])), headers)
        except OutwardRefusedError as problem:
            return Outcome(False, problem.message, hopeless=True)
        except OutwardFailedError as problem:
            return Outcome(False, str(problem))
        told = said(answer)
        if 200 <= answer.status < 300:
            return Outcome(True, status=answer.status, provider_id=text_in(told, "name") or None)
        code = _code(told)
        if code == "UNREGISTERED" or answer.status == 404:
            return Outcome(False, "The app was removed from the phone.", answer.status, hopeless=True, gone=(to.push_id,))
        outcome = refused(answer, code)
        if answer.status != 401:
            return outcome
        tokens.forget(key, token)
    return outcome


async def _token(channel: OpenChannel, outward: Outward) -> tuple[str, float]:
    body = urlencode({"grant_type": _GRANT, "assertion": assertion(channel.settings, channel.secrets["private_key"])}).encode()
    answer = await outward.post(channel.settings.token_uri, body, {"Content-Type": "application/x-www-form-urlencoded"})
    told = said(answer)
    token, seconds = told.get("access_token"), told.get("expires_in")
    if answer.status != 200 or not isinstance(token, str) or not token.isascii() or not isinstance(seconds, int | float):
        raise OutwardFailedError(f"The service account was given no token: {answer.status} {text_in(told, 'error')}".strip())
    return token, float(seconds)


def _message(letter: Letter, token: str) -> dict[str, Any]:
    critical = letter.urgency is Urgency.CRITICAL
    name = letter.delivery_id.hex
    return {
        "message": {
            "token": token,
            "notification": {"title": letter.title, "body": shortened(letter.text, _MOST_BYTES - len(letter.title.encode()))},
            "data": {"id": str(letter.delivery_id), "url": letter.link, "urgency": letter.urgency.name.lower()},
            # A repetition takes the place of the first one.
            "android": {"collapse_key": name, "priority": "HIGH" if critical else "NORMAL", "notification": {"tag": name}},
            "apns": {"headers": {"apns-collapse-id": name, "apns-priority": "10" if critical else "5"}},
        }
    }


def _code(told: dict[str, Any]) -> str:
    """FCM's own code of an error, or that of Google's APIs."""
    error = told.get("error")
    if not isinstance(error, dict):
        return ""
    details = error.get("details")
    for each in details if isinstance(details, list) else ():
        if isinstance(each, dict) and isinstance(each.get("errorCode"), str):
            return text_in(each, "errorCode")
    return text_in(error, "status")
