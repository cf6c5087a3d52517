"""What time alone brings about: silent devices, goods that expire, certificates that end. Bells ring for it, as for subscriptions."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.events.fields.names import Scope, field_code
from backend.identifiers import Identifier, ObjectKind
from backend.rules import events_repository, findings, forms, repository, series_repository
from backend.rules.days import day_of
from backend.rules.evaluation import keep_series, series_of
from backend.rules.findings import Rule
from backend.rules.watching import Found, Series, silence
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

LOOK: Final = "rules.look"
DAY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)
SOONEST: Final = timedelta(minutes=1)
SERIES_AT_ONCE: Final = 200
LOTS_AT_ONCE: Final = 500
MOST_LOTS: Final = 5_000
_NAMESPACES: Final = ("urn:epcglobal:cbv:mda:", "https://ref.gs1.org/cbv/", "https://gs1.org/voc/", "https://www.gs1.org/voc/", "")
_EXPIRY: Final = ("itemExpirationDate", "expirationDate", "bestBeforeDate", "sellByDate")
EXPIRY_FIELDS: Final = tuple(field_code(Scope.ILMD, f"{space}{name}") for space in _NAMESPACES for name in _EXPIRY)


def is_timed(condition: forms.AnyCondition) -> bool:
    """Whether the passing of time alone may begin or end the condition."""
    return _patience(condition) is not None or isinstance(condition, forms.ExpiryNear | forms.CertificateExpired)


def _patience(condition: forms.AnyCondition) -> timedelta | None:
    """After how long a silence tells something; None for conditions on what isn't measured all the time."""
    if isinstance(condition, forms.MissingData):
        return timedelta(minutes=condition.minutes)
    lost: int | None = getattr(condition, "lost_minutes", None)
    characteristic = getattr(condition, "characteristic", None)
    by_sensor = isinstance(characteristic, forms.Characteristic) and characteristic.source == "sensor"
    return timedelta(minutes=lost) if lost is not None and by_sensor else None


async def ring_at(tx: TenantTransaction, rule_id: UUID, due_at: datetime) -> None:
    """Have a rule looked at then; what is due later than in a day is asked for again each day. No other bell of the rule counts any more."""
    await repository.set_look(tx, rule_id, due_at)
    await enqueue(tx, LOOK, [{"rule_id": str(rule_id), "due_at": due_at.isoformat()}], due_at=min(due_at, clock.now() + DAY))


async def look(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: look at a rule whose moment has come, and ring for the next one."""
    rule_id, due_at = UUID(payload["rule_id"]), datetime.fromisoformat(payload["due_at"])
    # Nobody goes through events meanwhile: what is silent here isn't heard of there at the same time.
    await repository.lock_progress(tx)
    row = await repository.rule_by_id(tx, rule_id, lock=True)
    if row is None or row["state"] != repository.ON or row["look_at"] != due_at:
        return
    now = clock.now()
    if due_at > now:
        await ring_at(tx, rule_id, due_at)
        return
    rule = Rule.from_row(row)
    condition = rule.document.condition
    if isinstance(condition, forms.ExpiryNear):
        await _expiry(tx, rule, condition, now)
        await ring_at(tx, rule_id, now + HOURLY)
    elif isinstance(condition, forms.CertificateExpired):
        await _certificates(tx, rule, condition, now)
        await ring_at(tx, rule_id, now + HOURLY)
    else:
        await ring_at(tx, rule_id, await _silence(tx, rule, now))


async def _silence(tx: TenantTransaction, rule: Rule, now: datetime) -> datetime:
    """Tell devices that are silent, and when to look next.

    Where the rule is about something else, a condition that held is no longer known to: its alert ends, and another one says that the
    sensor is lost, which ends as soon as it is heard again.
    """
    patience = _patience(rule.document.condition) or DAY
    rows = await series_repository.series_silent_since(tx, rule.rule_id, now - patience, SERIES_AT_ONCE)
    found: list[Found] = []
    silent: list[Series] = []
    for row in rows:
        one = series_of(row)
        was_open = one.open_since is not None
        one.lost = True
        silent.append(one)
        if isinstance(rule.document.condition, forms.MissingData):
            one.open_since = one.open_since or one.last_at + patience
            found.append(silence(one, one.last_at + patience, one.name))
        elif was_open:
            one.open_since = None
            detail = {"lastAt": one.last_at.isoformat(), "device": one.name}
            key = f"{one.name}|lost|{one.last_at.isoformat()}"
            found.append(Found(one.name, now, False, detail, "", one.name, because="the sensor is lost: what holds now isn't known"))
            found.append(Found(one.name, now, True, detail, key, one.name, instead="lost"))
    muted = {one.series for one in await findings.keep(tx, rule, found)}
    # Of those beyond the cap nobody was told yet.
    await keep_series(tx, rule.rule_id, [one for one in silent if one.name not in muted])
    if len(rows) == SERIES_AT_ONCE:
        return now + SOONEST
    oldest = await series_repository.oldest_series(tx, rule.rule_id)
    return max(now + SOONEST, oldest + patience if oldest is not None else now + patience)


async def _expiry(tx: TenantTransaction, rule: Rule, condition: forms.ExpiryNear, now: datetime) -> None:
    """Lots in stock that expire; one that was used up, or whose date was corrected, isn't among them any more."""
    until = (await day_of(tx, now) + timedelta(days=condition.days)).isoformat()
    expiring: dict[str, Found] = {}
    after = 0
    while len(expiring) < MOST_LOTS:
        rows = await events_repository.expiring(tx, EXPIRY_FIELDS, f"{until}~", after, LOTS_AT_ONCE)
        for row in rows:
            if not rule.document.scope.products or row["gtin"] in rule.document.scope.products:
                uri = Identifier(ObjectKind(row["kind"]), row["key"], row["key"]).uri
                detail = {"expires": row["expires"][:10], "days": condition.days}
                # With the moment: a rule that is switched on again, or says something else, tells what it finds then.
                key = f"{row['key']}|{row['expires'][:10]}|{now.isoformat()}"
                expiring[row["key"]] = Found(row["key"], now, True, detail, key, uri, (row["key"],))
        if len(rows) < LOTS_AT_ONCE:
            break
        after = rows[-1]["object_id"]
    await _compare(tx, rule, expiring, now, "it isn't in stock any more, or expires later")


async def _certificates(tx: TenantTransaction, rule: Rule, condition: forms.CertificateExpired, now: datetime) -> None:
    by = await day_of(tx, now) + timedelta(days=condition.days)
    ending: dict[str, Found] = {}
    for row in await events_repository.certificates_expiring(tx, by, condition.certificate, rule.document.scope.suppliers, MOST_LOTS):
        name = f"{row['party']}|{row['kind']}"
        detail = {"supplier": row["party"], "certificate": row["kind"], "number": row["number"], "validTo": row["valid_to"].isoformat()}
        ending[name] = Found(name, now, True, detail, f"{name}|{row['valid_to'].isoformat()}|{now.isoformat()}", row["party"])
    await _compare(tx, rule, ending, now, "the supplier has shown a newer certificate")


async def _compare(tx: TenantTransaction, rule: Rule, met: dict[str, Found], now: datetime, because: str) -> None:
    """Begin what is met and wasn't, end what was and isn't."""
    known = {row["series"]: series_of(row) for row in await series_repository.open_series(tx, rule.rule_id, MOST_LOTS)}
    new = [one for name, one in met.items() if name not in known]
    over = [one for name, one in known.items() if name not in met]
    found = [Found(one.name, now, False, {}, "", one.name, because=because) for one in over]
    room = max(0, MOST_LOTS - len(known))
    for one in over:
        one.open_since = None
        one.last_at = now
    await keep_series(tx, rule.rule_id, over)
    muted = {one.series for one in await findings.keep(tx, rule, [*found, *new[:room]])}
    # What is beyond the cap of this hour is told in a later one.
    await keep_series(tx, rule.rule_id, [Series(one.series, now, open_since=now) for one in new[:room] if one.series not in muted])
