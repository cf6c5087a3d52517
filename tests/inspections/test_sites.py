"""What a laboratory's line names at another site answers like what doesn't exist, and nothing of it is stored."""

from typing import Any

from tests.graphql.conftest import Caller
from tests.inspections.conftest import REPORT
from tests.isolation.conftest import superuser
from tests.sites.conftest import town
from tests.sites.town import Town

__all__ = ["superuser", "town"]


async def test_lines_about_another_site_are_refused_like_lines_about_nothing(town: Town) -> None:
    caller: Caller = town.limited.caller

    async def told(names: dict[str, str]) -> Any:
        line = {"key": names["lot"], "report": "R", "sample": "S", "characteristic": "LOOK", "value": "PASS"}
        payload = await caller.command(REPORT, {"laboratory": "Lab", "results": [line]})
        return str(payload["lines"]).replace(names["lot"], "…")

    elsewhere, nowhere = await told(town.there.names), await told(town.nobody)
    assert "OBJECT_NOT_FOUND" in elsewhere
    assert elsewhere == nowhere
    assert "TAKEN" in await told(town.here.names)
