"""A day with alerts: everything that can be done about them is done once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from infra import clock
from tests.alerts import documents
from tests.graphql.conftest import Caller


async def watch_over(caller: Caller, alert: str) -> None:
    """Teams, a plan, a policy; an alert taken up, given, put off, closed, opened and judged otherwise; all of it read."""
    me = (await caller.ask("{ people(first: 1) { nodes { id } } }"))["people"]["nodes"][0]["id"]
    team = (await done(caller, "putDutyTeam", {"name": "Nights", "memberIds": [me]}))["team"]["id"]
    hours = {"start": "22:00", "end": "06:00", "teamId": team}
    shifts = [{"weekday": weekday, "hours": hours} for weekday in range(1, 8)]
    plan = {"name": "Plant", "timeZone": "Asia/Shanghai", "shifts": shifts, "exceptions": [{"day": "2026-10-01"}]}
    plan_id = (await done(caller, "putShiftPlan", plan))["plan"]["id"]
    steps = [{"afterMinutes": 5, "receivers": ["owner", "role:owner"]}]
    policy = (await done(caller, "putEscalationPolicy", {"name": "usual", "steps": steps}))["policy"]["id"]
    for query in (documents.PLANNING, documents.LISTED):
        await caller.ask(query)
    await caller.ask(documents.FOUND, {"filter": {"statuses": ["OPEN"], "severities": ["CRITICAL"], "site": "https://example.com/nowhere"}})
    named = {"alertIds": [alert]}
    until = clock.isoformat(clock.now() + timedelta(hours=1))
    acts: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("acknowledgeAlerts", {**named, "wholeGroup": True}), ("assignAlerts", {**named, "ownerId": me}),
        ("commentAlerts", {**named, "comment": "seen"}), ("snoozeAlerts", {**named, "until": until}),
        ("changeAlertSeverity", {**named, "severity": "NOTICE", "reason": "harmless"}),
        ("closeAlerts", {**named, "resolution": "FIXED", "reason": "taken back"}), ("reopenAlert", {"alertId": alert, "reason": "not all"}),
        ("archiveEscalationPolicy", {"id": policy}), ("archiveShiftPlan", {"id": plan_id}), ("archiveDutyTeam", {"id": team}),
    )  # fmt: skip
    for name, given in acts:
        await done(caller, name, given)
    await caller.ask(documents.ONE, {"id": alert})


async def done(caller: Caller, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A mutation that isn't refused."""
    payload = await caller.command(documents.MUTATIONS[name], dict(given))
    assert payload["userErrors"] == [], (name, payload)
    return payload
