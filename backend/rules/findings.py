"""Keeps what rules find: each finding once, capped by the hour, with its alert, and its other acts queued for after the commit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.alerts import service as alerts
from backend.alerts.service import Severity
from backend.rules import forms, repository
from backend.rules.documents import read_stored
from backend.rules.forms import Document
from backend.rules.memory import plain
from backend.rules.watching import Found
from infra import clock
from infra.database import Record, TenantTransaction
from infra.outbox import enqueue

ACT: Final = "rules.act"
HOUR: Final = timedelta(hours=1)
MOST_KEYS: Final = 5_000
MOST_TOLD: Final = 20
_SEVERITIES: Final = {"critical": Severity.CRITICAL, "warning": Severity.WARNING, "notice": Severity.NOTICE}


@dataclass(slots=True)
class Rule:
    """A rule as it is evaluated; what it has found in this hour is counted here and kept by `keep`."""

    rule_id: UUID
    version: int
    state: int
    from_seq: int
    look_at: datetime | None
    hour_began: datetime | None
    hour_count: int
    muted: int
    document: Document

    @classmethod
    def from_row(cls, row: Record) -> "Rule":
        """From a row with what the rule says."""
        return cls(
            row["rule_id"], row["version"], row["state"], row["from_seq"], row["look_at"], row["hour_began"], row["hour_count"], row["muted"],
            read_stored(row["document"]),
        )  # fmt: skip

    @property
    def kind(self) -> str:
        """The condition's tag."""
        return forms.kind_of(self.document.condition)


async def keep(tx: TenantTransaction, rule: Rule, found: list[Found]) -> list[Found]:
    """Keep findings in their order, and what ends others; gives those beyond the cap of the hour, which are only counted.

    What stands in the place of a finding that was told, as that its sensor is lost, is beyond no cap.
    """
    if not found:
        return []
    now = clock.now()
    before = (rule.hour_began, rule.hour_count, rule.muted)
    if rule.hour_began is None or now - rule.hour_began >= HOUR:
        if rule.muted:
            await alerts.reset_alert(tx, dedupe_key=_muting(rule), reason="A new hour began: the rule tells its findings again.")
        rule.hour_began, rule.hour_count, rule.muted = now, 0, 0
    muted: list[Found] = []
    for one in found:
        if not one.is_open:
            await _end(tx, rule, one)
        elif not one.instead and rule.hour_count >= rule.document.max_per_hour:
            muted.append(one)
        elif await _begin(tx, rule, one, now):
            rule.hour_count += 1
    if muted:
        await _mute(tx, rule, len(muted), now)
    if before != (rule.hour_began, rule.hour_count, rule.muted):
        await repository.set_hour(tx, rule.rule_id, began=rule.hour_began, count=rule.hour_count, muted=rule.muted)
    return muted


async def _begin(tx: TenantTransaction, rule: Rule, one: Found, now: datetime) -> bool:
    if one.instead:
        await _alert(tx, rule, one, kind=f"rule_{one.instead}", severity=Severity.WARNING, dedupe_key=_key(rule, one))
        return False
    firing_id = await repository.insert_firing(
        tx, rule_id=rule.rule_id, version=rule.version, series=one.series, effect_key=one.effect_key, occurred_at=one.at, recorded_at=now,
        ended_at=now if one.momentary else None, subject=one.subject, object_keys=msgspec.json.encode(one.keys[:MOST_KEYS]).decode(),
        detail=plain({**one.detail, "equipment": list(one.equipment[:MOST_TOLD])}),
    )  # fmt: skip
    if firing_id is None:
        return False
    raising = next((action for action in rule.document.actions if isinstance(action, forms.RaiseAlert)), None)
    if raising is not None:
        alert_id = await _alert(
            tx, rule, one, kind=f"rule_{rule.kind}", severity=_SEVERITIES[raising.severity], dedupe_key=_key(rule, one), firing_id=firing_id
        )
        if alert_id is not None:
            await repository.set_alert(tx, firing_id, alert_id)
    if any(not isinstance(action, forms.RaiseAlert) for action in rule.document.actions):
        await enqueue(tx, ACT, [{"firing_id": str(firing_id)}])
    return True


async def _alert(
    tx: TenantTransaction, rule: Rule, one: Found, *, kind: str, severity: Severity, dedupe_key: str, firing_id: UUID | None = None
) -> UUID | None:
    detail: dict[str, Any] = {
        **one.detail, "rule": rule.document.name, "ruleId": str(rule.rule_id), "version": rule.version, "series": one.series,
        "objects": list(one.keys[:MOST_TOLD]), "at": one.at.isoformat(),
    }  # fmt: skip
    if firing_id is not None:
        detail["firing"] = str(firing_id)
    return await alerts.raise_alert(
        tx, kind=kind, severity=severity, dedupe_key=dedupe_key, subject=one.subject, detail=detail, rule_id=rule.rule_id, resets=not one.momentary
    )


async def _end(tx: TenantTransaction, rule: Rule, one: Found) -> None:
    await alerts.reset_alert(tx, dedupe_key=_key(rule, one), reason=one.because)
    if not one.instead:
        await repository.end_firings(tx, rule.rule_id, one.series, clock.now(), one.because)


async def _mute(tx: TenantTransaction, rule: Rule, count: int, now: datetime) -> None:
    """One finding stands for all beyond the cap of this hour, and one alert tells that the rule is muted."""
    began = rule.hour_began or now
    key = f"muted|{began.isoformat()}"
    if not rule.muted:
        await repository.insert_firing(
            tx, rule_id=rule.rule_id, version=rule.version, series="", effect_key=key, occurred_at=now, recorded_at=now, ended_at=now,
            subject=f"rule:{rule.rule_id}", object_keys="[]", detail=plain({"cap": rule.document.max_per_hour}), muted=count,
        )  # fmt: skip
        detail = {"rule": rule.document.name, "ruleId": str(rule.rule_id), "cap": rule.document.max_per_hour, "until": (began + HOUR).isoformat()}
        await alerts.raise_alert(
            tx, kind="rule_muted", severity=Severity.WARNING, dedupe_key=_muting(rule), subject=f"rule:{rule.rule_id}", detail=detail,
            rule_id=rule.rule_id, resets=True,
        )  # fmt: skip
    else:
        await repository.add_muted(tx, rule.rule_id, key, count)
    rule.muted += count


def _muting(rule: Rule) -> str:
    return f"rule:{rule.rule_id}:muted"


def _key(rule: Rule, one: Found) -> str:
    """What an alert is about: a condition of a series while it lasts, or one fact."""
    if one.instead:
        return f"rule:{rule.rule_id}:{one.instead}:{one.series}"
    return f"rule:{rule.rule_id}:once:{one.effect_key}" if one.momentary else f"rule:{rule.rule_id}:{one.series}"


async def end_all(tx: TenantTransaction, rule: Rule, series: list[str], because: str) -> None:
    """The rule is off, or says something else: what was open isn't watched any more."""
    for name in series:
        for key in (f"rule:{rule.rule_id}:{name}", f"rule:{rule.rule_id}:lost:{name}"):
            await alerts.reset_alert(tx, dedupe_key=key, reason=because)
    await alerts.reset_alert(tx, dedupe_key=_muting(rule), reason=because)
    await repository.end_firings(tx, rule.rule_id, None, clock.now(), because)
