"""Write rules, change them by versions, switch them on and off, and read what they found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.events.query_service import last_seq
from backend.rules import evaluation, findings, forms, looking, repository, series_repository
from backend.rules.documents import read_document, read_stored, schema, written
from backend.rules.errors import RuleChangedError, RuleNotFoundError, RuleStateError, RuleTooLoudError, TooManyRulesError
from backend.rules.findings import Rule
from backend.rules.forms import Document
from backend.rules.trying import Trial
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

__all__ = ["MOST_RULES", "Firing", "RuleState", "StoredRule", "Version", "schema"]
MOST_RULES: Final = 200
MOST_OPEN: Final = 5_000
# Before it is switched on a rule is tried on so many days; what would have been found more often than this is noise.
TRIED_DAYS: Final = 30
LOUD: Final = 1_000
TRIED_EVENTS: Final = 3_000


class RuleState(IntEnum):
    """How far a rule is; the numbers are stored and never change."""

    DRAFT = 1
    ON = 2
    OFF = 3


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule with what it says now. `muted`: findings of this hour beyond the cap, until `muted_until`."""

    rule_id: UUID
    version: int
    state: RuleState
    kind: str
    document: Document
    document_json: str
    created_at: datetime
    changed_at: datetime
    changed_by: str
    tried_at: datetime | None
    tried_findings: int | None
    muted: int
    muted_until: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "StoredRule":
        """From a row with what the rule says."""
        until = row["hour_began"] + findings.HOUR if row["hour_began"] is not None and row["muted"] else None
        active = until is not None and until > clock.now()
        return cls(
            row["rule_id"], row["version"], RuleState(row["state"]), row["kind"], read_stored(row["document"]), row["document"],
            row["created_at"], row["changed_at"], row["recorded_by"], row["tried_at"], row["tried_findings"], row["muted"] if active else 0,
            until if active else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """What a rule said from a moment on."""

    version: int
    document_json: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Firing:
    """A finding. `muted` > 0: it stands for so many that came beyond the cap of the hour."""

    firing_id: UUID
    rule_id: UUID
    version: int
    series: str
    occurred_at: datetime
    recorded_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    muted: int
    subject: str
    object_keys: tuple[str, ...]
    detail_json: str
    alert_id: UUID | None
    outcomes: tuple[dict[str, Any], ...]

    @classmethod
    def from_row(cls, row: Record) -> "Firing":
        """From a row of the table."""
        outcomes = msgspec.json.decode(row["outcomes"])
        return cls(
            row["firing_id"], row["rule_id"], row["version"], row["series"], row["occurred_at"], row["recorded_at"], row["ended_at"],
            row["ended_because"], row["muted"], row["subject"], tuple(msgspec.json.decode(row["object_keys"])), row["detail"], row["alert_id"],
            tuple(outcomes[place] for place in sorted(outcomes)),
        )  # fmt: skip


async def create_rule(tx: TenantTransaction, principal: Principal, *, document: str) -> UUID:
    """A draft; raises `RuleInvalidError`, `TooManyRulesError`."""
    principal.require_everywhere(Permission.RULES_MANAGE)
    read = read_document(document)
    if await repository.count_rules(tx) >= MOST_RULES:
        raise TooManyRulesError(MOST_RULES)
    rule_id, at = uuid7(), clock.now()
    await repository.insert_rule(tx, rule_id=rule_id, kind=forms.kind_of(read.condition), at=at)
    await repository.insert_version(tx, rule_id=rule_id, version=1, document=written(read), at=at, by=principal.display_name)
    await audit.record(tx, principal, "rule.created", f"rule:{rule_id}", after={"version": 1, "document": msgspec.json.decode(written(read))})
    return rule_id


async def change_rule(tx: TenantTransaction, principal: Principal, *, rule_id: UUID, version: int, document: str) -> None:
    """What the rule says from now on, as its next version; one that is on stays on and begins to watch anew.

    `version` is the one that was read. Raises `RuleInvalidError`, `RuleNotFoundError`, `RuleChangedError`.
    """
    principal.require_everywhere(Permission.RULES_MANAGE)
    read = read_document(document)
    row = await _locked(tx, rule_id)
    if row["version"] != version:
        raise RuleChangedError(row["version"])
    at = clock.now()
    before = Rule.from_row(row)
    await repository.insert_version(tx, rule_id=rule_id, version=version + 1, document=written(read), at=at, by=principal.display_name)
    await repository.set_version(tx, rule_id, version=version + 1, kind=forms.kind_of(read.condition), at=at)
    if row["state"] == RuleState.ON:
        await _forget(tx, before, "The rule was changed.")
        # What was captured and not looked at yet is the new version's: nobody else would look at it.
        await _begin(tx, rule_id, read, max(before.from_seq, await repository.lock_progress(tx)))
    said = {"version": version + 1, "document": msgspec.json.decode(written(read))}
    was = {"version": version, "document": msgspec.json.decode(row["document"])}
    await audit.record(tx, principal, "rule.changed", f"rule:{rule_id}", before=was, after=said)


async def switch_rule(
    tx: TenantTransaction, principal: Principal, *, rule_id: UUID, on: bool, trial: Trial | None = None, anyway: bool = False
) -> None:
    """On, with the trial of the version that is switched on, or off. From on, it watches what is captured from the commit on.

    Raises `RuleNotFoundError`, `RuleStateError`, `RuleTooLoudError`.
    """
    principal.require_everywhere(Permission.RULES_MANAGE)
    row = await _locked(tx, rule_id)
    if (row["state"] == RuleState.ON) is on:
        raise RuleStateError("on" if on else "off")
    rule = Rule.from_row(row)
    if on:
        if trial is not None and trial.count > LOUD and not anyway:
            raise RuleTooLoudError(trial.count, LOUD, TRIED_DAYS)
        if trial is not None:
            await repository.mark_tried(tx, rule_id, row["version"], clock.now(), trial.count)
        await _begin(tx, rule_id, rule.document, await last_seq(tx))
    else:
        await _forget(tx, rule, "The rule was switched off.")
        await repository.set_state(tx, rule_id, state=RuleState.OFF, from_seq=0, look_at=None, at=clock.now())
    tried = {"tried": trial.count, "events": trial.events} if trial is not None else {}
    action = "rule.switched_on" if on else "rule.switched_off"
    await audit.record(tx, principal, action, f"rule:{rule_id}", after={"version": row["version"], **tried})


def trial_time() -> tuple[datetime, datetime]:
    """The time on which a rule is tried before it is switched on."""
    now = clock.now()
    return now - timedelta(days=TRIED_DAYS), now


async def get_rule(tx: TenantTransaction, rule_id: UUID) -> StoredRule:
    """One rule; raises `RuleNotFoundError`."""
    row = await repository.rule_by_id(tx, rule_id)
    if row is None:
        raise RuleNotFoundError
    return StoredRule.from_row(row)


async def page_of_rules(tx: TenantTransaction, *, state: RuleState | None, cursor: UUID | None, backward: bool, limit: int) -> list[StoredRule]:
    """Rules, newest first."""
    return [StoredRule.from_row(row) for row in await repository.page_of_rules(tx, state=state, cursor=cursor, backward=backward, limit=limit)]


async def page_of_versions(tx: TenantTransaction, rule_id: UUID, *, cursor: int, backward: bool, limit: int) -> list[Version]:
    """What a rule has said, newest first."""
    rows = await repository.page_of_versions(tx, rule_id, cursor=cursor, backward=backward, limit=limit)
    return [Version(row["version"], row["document"], row["recorded_at"], row["recorded_by"]) for row in rows]


async def page_of_firings(tx: TenantTransaction, rule_id: UUID | None, *, cursor: UUID | None, backward: bool, limit: int) -> list[Firing]:
    """Findings, newest first."""
    return [Firing.from_row(row) for row in await repository.page_of_firings(tx, rule_id, cursor=cursor, backward=backward, limit=limit)]


async def _locked(tx: TenantTransaction, rule_id: UUID) -> Record:
    """No evaluation is under way while a rule changes."""
    await repository.lock_progress(tx)
    row = await repository.rule_by_id(tx, rule_id, lock=True)
    if row is None:
        raise RuleNotFoundError
    return row


async def _begin(tx: TenantTransaction, rule_id: UUID, document: Document, from_seq: int) -> None:
    now = clock.now()
    await repository.set_state(tx, rule_id, state=RuleState.ON, from_seq=from_seq, look_at=None, at=now)
    if looking.is_timed(document.condition):
        await looking.ring_at(tx, rule_id, now)
    # What is captured before this commits finds no rule on, and rings no bell.
    await enqueue(tx, evaluation.TOPIC, [{}])


async def _forget(tx: TenantTransaction, rule: Rule, because: str) -> None:
    names = [row["series"] for row in await series_repository.alerting_series(tx, rule.rule_id, MOST_OPEN)]
    await findings.end_all(tx, rule, names, because)
    await series_repository.forget_all(tx, rule.rule_id)
