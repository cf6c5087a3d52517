"""Alerts at one's own site: about what is met there, and about places in it; one acts on these, and a whole group means those of it that one sees."""

from uuid import UUID

from backend.alerts.service import Severity, raise_alert
from tests.alerts.documents import MUTATIONS
from tests.sites.town import Site, Town

LISTED = """{ alerts(first: 50) { nodes { id subject status } } alertCounts { open }
  alertGroups(first: 50) { nodes { causeKey alertCount alerts(first: 9) { nodes { subject } } } } }"""


async def too_warm(town: Town, site: Site) -> UUID:
    """A room of a site is too warm; both sites' rooms have one cause."""
    async with town.services.database.tenant(town.tenant.tenant_id) as tx:
        alert_id = await raise_alert(
            tx, kind="too_warm", severity=Severity.WARNING, dedupe_key=f"warm:{site.hall}", subject=site.hall, detail={}, cause_key="the heat wave",
            resets=True,
        )  # fmt: skip
    assert alert_id is not None
    return alert_id


async def test_alert_about_a_place_is_told_and_acted_on_where_the_place_is(town: Town) -> None:
    await too_warm(town, town.here)
    await too_warm(town, town.there)
    everything, seen = await town.head.caller.ask(LISTED), await town.limited.caller.ask(LISTED)
    warm = [alert for alert in seen["alerts"]["nodes"] if alert["subject"] in (town.here.hall, town.there.hall)]
    assert [alert["subject"] for alert in warm] == [town.here.hall]
    assert seen["alertCounts"]["open"] == len(seen["alerts"]["nodes"]) < everything["alertCounts"]["open"]
    [(mine, whole)] = [
        [group["alertCount"] for told in (seen, everything) for group in told["alertGroups"]["nodes"] if group["causeKey"] == "the heat wave"]
    ]
    assert (mine, whole) == (1, 2)
    done = await town.limited.caller.command(MUTATIONS["acknowledgeAlerts"], {"alertIds": [warm[0]["id"]], "wholeGroup": True})
    assert done["userErrors"] == []
    after = (await town.head.caller.ask(LISTED))["alerts"]["nodes"]
    states = {alert["subject"]: alert["status"] for alert in after}
    assert (states[town.here.hall], states[town.there.hall]) == ("ACKNOWLEDGED", "OPEN")
