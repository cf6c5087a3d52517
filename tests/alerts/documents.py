"""The GraphQL documents of alerts and shifts."""

from typing import Final

_ERRORS: Final = "userErrors { field code message }"
_ALERT: Final = "alerts { id status severity ownerName owner closedAt resolution closeReason snoozedUntil }"
_POLICY: Final = "policy { id name position leastSeverity kinds steps { afterMinutes receivers } repeats repeatMinutes }"
_TEAM: Final = "team { id name receiver members { id displayName } }"
_PLAN: Final = """plan { id name timeZone site weeks firstMonday shifts { week weekday hours { start end teamId } }
  exceptions { day hours { start end teamId } } }"""


def _mutation(name: str, payload: str) -> str:
    given = name[0].upper() + name[1:] + "Input"
    return f"mutation($input: {given}!) {{ {name}(input: $input) {{ {payload} {_ERRORS} }} }}"


MUTATIONS: Final = {
    name: _mutation(name, payload)
    for payload, names in (
        (_ALERT, "acknowledgeAlerts assignAlerts commentAlerts snoozeAlerts closeAlerts reopenAlert changeAlertSeverity"),
        (_POLICY, "putEscalationPolicy archiveEscalationPolicy"),
        (_TEAM, "putDutyTeam archiveDutyTeam"),
        (_PLAN, "putShiftPlan archiveShiftPlan"),
    )
    for name in names.split()
}
PLANNING: Final = f"""{{ dutyTeams {_TEAM.removeprefix("team ")} shiftPlans {_PLAN.removeprefix("plan ")}
  escalationPolicies {_POLICY.removeprefix("policy ")} onDuty(roleOrTeam: "role:owner") {{ id displayName }} }}"""
LISTED: Final = """{ alerts(first: 20, openOnly: false) { nodes { id kind status occurrences lastAt causeKey ownerName acknowledgedBy folded } }
  alertGroups(first: 20) { nodes { causeKey alertCount foldedCount severity newest { id } alerts(first: 5) { nodes { id } } } }
  alertCounts { open unacknowledged critical warning notice mine } }"""
FOUND: Final = "query($filter: AlertFilter) { alerts(first: 20, filter: $filter) { nodes { id kind subject severity status } } }"
ONE: Final = """query($id: ID!) { alert(id: $id) { id status recurrenceOf { id } escalatedSteps
  history(last: 50) { nodes { at act actor actorKind comment detail } } } }"""
