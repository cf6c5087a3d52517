"""What each member sets for himself: how, when and where he is told; and what he has read."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from backend.notifications import query_repository
from backend.notifications import settings_repository as repository
from backend.notifications.configurations import EMAIL
from backend.notifications.errors import TooManyOfAKindError
from backend.notifications.kinds import USUAL_ORDER, ChannelKind
from backend.notifications.query_service import member_of
from backend.notifications.rules import Preference
from backend.notifications.sealing import NotificationSealer
from backend.notifications.words import LANGUAGES
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outward import Outward
from tenants import audit
from tenants.principal import Principal

MOST_PUSHES: Final = 20
MOST_AT_ONCE: Final = 500
MOST_LABEL: Final = 100
_PHONE: Final = re.compile(r"\+?[0-9]{5,18}")
_WECOM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_:.-]{20,2000}")


async def preference_of(tx: TenantTransaction, principal: Principal) -> tuple[Preference, Record | None]:
    """What the caller has chosen, and where he can be reached; what holds for everybody where he has chosen nothing."""
    row = next(iter(await repository.preferences(tx, [member_of(principal)])), None)
    return (msgspec.json.decode(row["choice"], type=Preference) if row is not None else Preference()), row


async def set_preference(
    tx: TenantTransaction, principal: Principal, choice: Preference, *, email: str | None, phone: str | None, wecom_user: str | None
) -> None:
    """In the place of all that was chosen before. Raises `InvalidInputError` naming the field."""
    member = member_of(principal)
    _check(choice)
    mail, number, user = (text.strip() if text and text.strip() else None for text in (email, phone, wecom_user))
    for value, form, field in ((mail, EMAIL, "email"), (number, _PHONE, "phone"), (user, _WECOM, "wecomUser")):
        if value is not None and not form.fullmatch(value):
            raise InvalidInputError("This isn't an address of its kind: see how it is written.", field=field)
    await repository.put_preference(
        tx, member, choice=msgspec.json.encode(choice).decode(), email=mail, phone=number, wecom_user=user, at=clock.now()
    )
    after = {**msgspec.to_builtins(choice), "email": mail is not None, "phone": number is not None, "wecomUser": user is not None}
    await audit.record(tx, principal, "notification_preference.set", f"membership:{member}", after=after)


async def register_browser(
    tx: TenantTransaction, principal: Principal, *, endpoint: str, p256dh: str, auth: str, label: str, outward: Outward, sealer: NotificationSealer
) -> UUID:
    """A browser as its Push API gives it. Raises `InvalidInputError` for keys that are none, `OutwardRefusedError` for the address."""
    outward.check(endpoint, field="endpoint")
    point, secret = _bytes(p256dh), _bytes(auth)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as problem:
        raise InvalidInputError("“p256dh” is no public key of a browser: 65 bytes in base64url.", field="p256dh") from problem
    if len(secret) != 16:
        raise InvalidInputError("“auth” isn't the 16 bytes, in base64url, that browsers give.", field="auth")
    given = {"endpoint": endpoint, "p256dh": p256dh, "auth": auth}
    return await _register(tx, principal, kind=ChannelKind.WEB_PUSH, given=given, label=label, sealer=sealer)


async def register_app(tx: TenantTransaction, principal: Principal, *, token: str, label: str, sealer: NotificationSealer) -> UUID:
    """An app by its registration token of Firebase. Raises `InvalidInputError`."""
    if not _TOKEN.fullmatch(token):
        raise InvalidInputError("This is no registration token of Firebase.", field="token")
    return await _register(tx, principal, kind=ChannelKind.APP_PUSH, given={"token": token}, label=label, sealer=sealer)


async def remove_push(tx: TenantTransaction, principal: Principal, push_id: UUID) -> None:
    """Tell a browser or an app of the caller's no more; one that isn't there stays away."""
    member = member_of(principal)
    await repository.delete_push(tx, push_id, member)
    await audit.record(tx, principal, "push.removed", f"push:{push_id}")


async def pushes_of(tx: TenantTransaction, principal: Principal) -> list[Record]:
    """The caller's browsers and apps."""
    return await repository.pushes(tx, member_of(principal), None)


async def mark_read(tx: TenantTransaction, principal: Principal, entry_ids: Sequence[UUID], *, until: datetime | None) -> int:
    """The caller has seen these messages, or all that had come until then; gives how many were unread."""
    member, moment = member_of(principal), clock.now()
    if len(entry_ids) > MOST_AT_ONCE:
        raise InvalidInputError(f"Name at most {MOST_AT_ONCE} messages at once.", field="ids")
    done = await query_repository.mark_read(tx, member, entry_ids, moment) if entry_ids else 0
    return done + (await query_repository.mark_all_read(tx, member, min(until, moment)) if until is not None else 0)


async def public_key(tx: TenantTransaction) -> str | None:
    """The key that browsers subscribe with: that of the oldest channel of web push that is switched on."""
    for row in await repository.channels(tx):
        if row["active"] and row["kind"] == ChannelKind.WEB_PUSH:
            return str(msgspec.json.decode(row["settings"])["public_key"])
    return None


async def _register(
    tx: TenantTransaction, principal: Principal, *, kind: ChannelKind, given: dict[str, str], label: str, sealer: NotificationSealer
) -> UUID:
    member, push_id = member_of(principal), uuid7()
    if len(await repository.pushes(tx, member, None)) >= MOST_PUSHES:
        raise TooManyOfAKindError("browsers and apps of yours", MOST_PUSHES)
    if len(label) > MOST_LABEL or not label.isprintable():
        raise InvalidInputError(f"The name of the browser has at most {MOST_LABEL} characters.", field="label")
    sealed = sealer.seal_all(tx.tenant_id, push_id, given)
    digest = hashlib.sha256(given.get("endpoint", given.get("token", "")).encode()).digest()
    await repository.put_push(
        tx, push_id=push_id, membership_id=member, kind=kind, address_sha256=digest, sealed=sealed, key_id=sealer.key_id, label=label.strip(),
        at=clock.now(),
    )  # fmt: skip
    await audit.record(tx, principal, "push.registered", f"push:{push_id}", after={"kind": kind.name.lower(), "label": label.strip()})
    return push_id


def _check(choice: Preference) -> None:
    if choice.language is not None and choice.language not in LANGUAGES:
        raise InvalidInputError("Messages are written in zh or en.", field="language")
    if choice.time_zone is not None:
        try:
            ZoneInfo(choice.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
            raise InvalidInputError("Name a time zone of IANA, such as Asia/Shanghai.", field="timeZone") from problem
    if choice.channels is not None and (not set(choice.channels) <= set(USUAL_ORDER) or len(set(choice.channels)) != len(choice.channels)):
        raise InvalidInputError("Name each kind of channel once, of those that write to one person.", field="channels")
    for minute, field in ((choice.quiet_from, "quietFrom"), (choice.quiet_to, "quietTo"), (choice.digest_at, "digestAt")):
        if minute is not None and not 0 <= minute < 1_440:
            raise InvalidInputError("Write a time of day as HH:MM.", field=field)
    if (choice.quiet_from is None) != (choice.quiet_to is None):
        raise InvalidInputError("Quiet hours have a beginning and an end.", field="quietTo")
    if not set(choice.quiet_days) <= set(range(1, 8)) or len(choice.quiet_days) > 7:
        raise InvalidInputError("Days are from 1 (Monday) to 7 (Sunday).", field="quietDays")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= 200 and text.isascii() else b""
    except (binascii.Error, ValueError):
        return b""
