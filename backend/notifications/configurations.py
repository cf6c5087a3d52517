"""What each kind of channel is set up with: settings that may be read again, and secrets that may not, both checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.notifications.kinds import ChannelKind
from backend.notifications.senders import sms, web_push
from backend.notifications.templating import require_template
from infra.errors import InvalidInputError
from infra.outward import Outward
from infra.webhook_signing import key_of

MOST_BYTES: Final = 20_000
EMAIL: Final = re.compile(r"(?=.{6,254}\Z)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_MAIL_PORTS: Final = frozenset({25, 465, 587, 2525})
_FIELD: Final = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,60}")
_WECOM: Final = "https://qyapi.weixin.qq.com"
_DINGTALK: Final = "https://oapi.dingtalk.com"
_FCM: Final = "https://fcm.googleapis.com"
_GOOGLE: Final = "https://oauth2.googleapis.com/token"
_ALIYUN: Final = "https://dysmsapi.aliyuncs.com"


class WebPush(msgspec.Struct, forbid_unknown_fields=True):
    """`contact` is whom a push service writes to (`mailto:` or `https:`). The key pair is made here; browsers are given the public key."""

    contact: str
    public_key: str = ""


class AppPush(msgspec.Struct, forbid_unknown_fields=True):
    """All of it stands in the service account's file, the secret `service_account`."""

    project_id: str = ""
    client_email: str = ""
    token_uri: str = _GOOGLE
    endpoint: str = _FCM


class WeComRobot(msgspec.Struct, forbid_unknown_fields=True):
    """The secret `key` stands in the robot's address."""

    endpoint: str = _WECOM


class WeComApplication(msgspec.Struct, forbid_unknown_fields=True):
    """With the application's `secret`."""

    corp_id: str
    agent_id: int
    endpoint: str = _WECOM


class DingTalkRobot(msgspec.Struct, forbid_unknown_fields=True):
    """With the secrets `access_token`, which stands in the robot's address, and `secret`, with which it is signed."""

    call_everybody: bool = False
    endpoint: str = _DINGTALK


class Mail(msgspec.Struct, forbid_unknown_fields=True):
    """`security` is "tls" or "starttls". With the secret `password` where there is a `user`."""

    host: str
    sender: str
    port: int = 465
    security: str = "tls"
    user: str = ""
    sender_name: str = ""


class SmsGateway(msgspec.Struct, forbid_unknown_fields=True):
    """`fields` of the form are templates of phone, title, text, link, id and the secret `secret`; `accepted` must stand in the answer."""

    url: str
    fields: dict[str, str]
    accepted: str = ""


class AliyunSms(msgspec.Struct, forbid_unknown_fields=True):
    """`parameters` of the approved template are templates of title, text, link, phone and id. With the secret `access_key_secret`."""

    access_key_id: str
    sign_name: str
    template_code: str
    parameters: dict[str, str]
    endpoint: str = _ALIYUN


class Webhook(msgspec.Struct, forbid_unknown_fields=True):
    """The secret `secret` is 24 to 64 random bytes in Base64 behind `whsec_`."""

    url: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Its settings, its secrets, and those of them that may be left out."""

    settings: type[Any]
    secrets: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()


KINDS: Final[Mapping[ChannelKind, Kind]] = {
    ChannelKind.WEB_PUSH: Kind(WebPush),
    ChannelKind.APP_PUSH: Kind(AppPush, ("service_account",)),
    ChannelKind.WECOM_ROBOT: Kind(WeComRobot, ("key",)),
    ChannelKind.WECOM_APPLICATION: Kind(WeComApplication, ("secret",)),
    ChannelKind.DINGTALK_ROBOT: Kind(DingTalkRobot, ("access_token", "secret")),
    ChannelKind.EMAIL: Kind(Mail, ("password",), frozenset({"password"})),
    ChannelKind.SMS_GATEWAY: Kind(SmsGateway, ("secret",), frozenset({"secret"})),
    ChannelKind.ALIYUN_SMS: Kind(AliyunSms, ("access_key_secret",)),
    ChannelKind.WEBHOOK: Kind(Webhook, ("secret",)),
}


def stored(kind: ChannelKind, settings: str) -> Any:
    """The settings of a channel as they were checked once."""
    return msgspec.json.decode(settings, type=KINDS[kind].settings)


def checked(
    kind: ChannelKind, settings: Mapping[str, Any], secrets: Mapping[str, str], former: Mapping[str, str], outward: Outward
) -> tuple[Any, dict[str, str]]:
    """Settings and secrets as they are stored; a secret that isn't given stays as it was. Raises `InvalidInputError` naming the field."""
    known = KINDS.get(kind)
    if known is None:
        raise InvalidInputError("The feed is there without being set up. Choose another kind of channel.", field="kind")
    if len(msgspec.json.encode([settings, secrets])) > MOST_BYTES:
        raise InvalidInputError(f"Settings and secrets may have {MOST_BYTES} bytes together.", field="settings")
    try:
        found = msgspec.convert(dict(settings), known.settings)
    except msgspec.ValidationError as problem:
        raise InvalidInputError(f"These settings don't fit the kind of channel: {problem}.", field="settings") from problem
    together = {**former, **_texts(known, secrets)}
    for name in known.secrets:
        if name not in together and name not in known.optional and name != "service_account":
            raise InvalidInputError(f"Give the secret “{name}” too.", field=f"secrets.{name}")
    check = _CHECKS[kind]
    return check(found, together, outward), together


def _texts(known: Kind, secrets: Mapping[str, Any]) -> dict[str, str]:
    for name, value in secrets.items():
        if name not in known.secrets:
            raise InvalidInputError(f"This kind of channel has no such secret; it has {', '.join(known.secrets) or 'none'}.", field="secrets")
        if not isinstance(value, str) or not value.strip() or "\x00" in value:
            raise InvalidInputError("A secret is a text that isn't empty.", field=f"secrets.{name}")
    return {name: value.strip() for name, value in secrets.items()}


def _web_push(found: WebPush, secrets: dict[str, str], _outward: Outward) -> WebPush:
    if not re.fullmatch(r"(mailto:[^\s@]{1,64}@[^\s@]{3,190}|https://[\x21-\x7e]{3,190})", found.contact):
        raise InvalidInputError("Write mailto: and an address, or an https:// address, where a push service finds you.", field="settings.contact")
    if "private_key" not in secrets:
        secrets["private_key"], secrets["public_key"] = web_push.new_key()
    return WebPush(found.contact, secrets["public_key"])


def _app_push(found: AppPush, secrets: dict[str, str], outward: Outward) -> AppPush:
    given = secrets.pop("service_account", None)
    if given is not None:
        account = _account(given)
        secrets["private_key"] = account["private_key"]
        found = AppPush(account["project_id"], account["client_email"], account.get("token_uri", _GOOGLE), found.endpoint)
    if "private_key" not in secrets or not found.project_id:
        raise InvalidInputError("Give the service account's file, a JSON text, as the secret “service_account”.", field="secrets.service_account")
    outward.check(found.token_uri, field="secrets.service_account")
    _endpoint(found.endpoint, outward)
    return found


def _account(text: str) -> dict[str, str]:
    account: dict[str, str] = {}
    try:
        account = msgspec.json.decode(text, type=dict[str, str])
        key = load_pem_private_key(account["private_key"].encode(), password=None)
        fits = isinstance(key, rsa.RSAPrivateKey) and bool(account["project_id"] and account["client_email"])
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise InvalidInputError("This is no file of a Google service account with its private key.", field="secrets.service_account")
    return account


def _wecom(found: Any, _secrets: dict[str, str], outward: Outward) -> Any:
    _endpoint(found.endpoint, outward)
    return found


def _mail(found: Mail, secrets: dict[str, str], outward: Outward) -> Mail:
    outward.check_host(found.host, field="settings.host")
    if found.port not in _MAIL_PORTS and not 1_024 <= found.port <= 65_535:
        raise InvalidInputError("Mail servers listen on 465, 587, 2525 or 25, or on a port from 1024.", field="settings.port")
    if found.security not in ("tls", "starttls"):
        raise InvalidInputError("“security” is tls (usual on 465) or starttls (usual on 587); mail isn't sent without.", field="settings.security")
    if not EMAIL.fullmatch(found.sender):
        raise InvalidInputError("The sender is an address such as suyuan@example.com.", field="settings.sender")
    if len(found.sender_name) > 100 or not found.sender_name.isprintable() or bool(found.user) != ("password" in secrets):
        raise InvalidInputError("Give user and password together, and a name of the sender of at most 100 characters.", field="settings")
    return found


def _gateway(found: SmsGateway, _secrets: dict[str, str], outward: Outward) -> SmsGateway:
    outward.check(found.url, field="settings.url")
    _templates(found.fields, "settings.fields", (*sms.VALUES, "secret"))
    return found


def _aliyun(found: AliyunSms, _secrets: dict[str, str], outward: Outward) -> AliyunSms:
    _endpoint(found.endpoint, outward)
    _templates(found.parameters, "settings.parameters", sms.VALUES)
    return found


def _templates(given: Mapping[str, str], field: str, known: tuple[str, ...]) -> None:
    if not 1 <= len(given) <= 30 or not all(_FIELD.fullmatch(name) for name in given):
        raise InvalidInputError("Name 1 to 30 fields, each by letters, digits, points and dashes.", field=field)
    for name, template in given.items():
        require_template(template, f"{field}.{name}", known, 1_000)


def _webhook(found: Webhook, secrets: dict[str, str], outward: Outward) -> Webhook:
    outward.check(found.url, field="settings.url")
    try:
        fits = 24 <= len(key_of(secrets["secret"])) <= 64
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInputError("The secret is whsec_ and 24 to 64 random bytes in Base64.", field="secrets.secret")
    return found


def _endpoint(url: str, outward: Outward) -> None:
    outward.check(url, field="settings.endpoint")
    if url.endswith("/") or "?" in url:
        raise InvalidInputError("Write the provider's address without a slash or a query at its end.", field="settings.endpoint")


_CHECKS: Final[Mapping[ChannelKind, Callable[[Any, dict[str, str], Outward], Any]]] = {
    ChannelKind.WEB_PUSH: _web_push,
    ChannelKind.APP_PUSH: _app_push,
    ChannelKind.WECOM_ROBOT: _wecom,
    ChannelKind.WECOM_APPLICATION: _wecom,
    ChannelKind.DINGTALK_ROBOT: _wecom,
    ChannelKind.EMAIL: _mail,
    ChannelKind.SMS_GATEWAY: _gateway,
    ChannelKind.ALIYUN_SMS: _aliyun,
    ChannelKind.WEBHOOK: _webhook,
}
