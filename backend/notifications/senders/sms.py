"""Text messages: by any gateway that takes a form, and by Aliyun SMS with the signature of its RPC style (HMAC-SHA1, version 1.0)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

from backend.notifications.senders.letters import USUAL_WAIT, Letter, OpenChannel, Outcome, as_json, refused, said, text_in
from backend.notifications.templating import Form, fill, one_line, shortened
from infra import clock
from infra.ids import uuid7
from infra.outward import Outward

# A text message of three parts, in characters outside of ASCII.
_MOST_BYTES: Final = 600
_VERSION: Final = "2017-05-25"
# Sent too often, by the provider's rules or this account's.
_SLOWER: Final = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "Throttling", "Throttling.User", "Throttling.Api"})
_BUSY: Final = frozenset({"isp.SYSTEM_ERROR", "isp.UNKNOWN_ERROR", "ServiceUnavailable", "InternalError"})
VALUES: Final = ("phone", "title", "text", "link", "id")
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def _values(letter: Letter) -> dict[str, str]:
    return {
        "phone": letter.phone, "title": shortened(letter.title, 200), "text": shortened(one_line(letter.text), _MOST_BYTES), "link": letter.link,
        "id": str(letter.delivery_id),
    }  # fmt: skip


async def send_by_gateway(letter: Letter, channel: OpenChannel, outward: Outward) -> Outcome:
    """As a form whose fields the channel names."""
    values = {**_values(letter), "secret": channel.secrets.get("secret", "")}
    form = {name: fill(template, values, Form.TEXT) for name, template in channel.settings.fields.items()}
    answer = await outward.post(channel.settings.url, urlencode(form).encode(), {**FORM, "Idempotency-Key": str(letter.delivery_id)})
    if not 200 <= answer.status < 300:
        return refused(answer)
    if channel.settings.accepted.encode() not in answer.body:
        return Outcome(False, "The gateway's answer doesn't say that it took the message.", answer.status)
    return Outcome(True, status=answer.status)


async def send_by_aliyun(letter: Letter, channel: OpenChannel, outward: Outward) -> Outcome:
    """By SendSms, with a template that Aliyun has approved."""
    settings, values = channel.settings, _values(letter)
    parameters = {name: fill(template, values, Form.TEXT) for name, template in settings.parameters.items()}
    query = {
        "Action": "SendSms", "Version": _VERSION, "Format": "JSON", "AccessKeyId": settings.access_key_id, "SignatureMethod": "HMAC-SHA1",
        # Each attempt is signed anew; what stays the same stands in OutId.
        "SignatureVersion": "1.0", "SignatureNonce": str(uuid7()), "Timestamp": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "PhoneNumbers": letter.phone, "SignName": settings.sign_name, "TemplateCode": settings.template_code,
        "TemplateParam": as_json(parameters).decode(), "OutId": str(letter.delivery_id),
    }  # fmt: skip
    query["Signature"] = aliyun_signature("POST", query, channel.secrets["access_key_secret"])
    answer = await outward.post(f"{settings.endpoint}/", urlencode(query).encode(), FORM)
    told = said(answer)
    code = text_in(told, "Code")
    if code == "OK":
        return Outcome(True, status=answer.status, provider_id=text_in(told, "BizId") or None)
    if code in _SLOWER:
        return Outcome(False, f"Aliyun asks to send less: {code}.", answer.status, wait=USUAL_WAIT)
    if not code:
        return refused(answer) if answer.status >= 300 else Outcome(False, "Aliyun's answer can't be read.", answer.status)
    return Outcome(False, f"Aliyun refused the message: {code}.", answer.status, hopeless=code not in _BUSY and answer.status < 500)


def aliyun_signature(method: str, query: Mapping[str, str], secret: str) -> str:
    """The signature of a request in RPC style: over the method and the sorted parameters, percent-encoded twice."""
    canonical = "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query))
    signed = f"{method}&{_encoded('/')}&{_encoded(canonical)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
