"""Asking for events over HTTP: what the tests of queries share."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.firms import Firm
from tests.graphql.test_commands import document

Bearer = Callable[..., Awaitable[dict[str, str]]]
NAMESPACE = "https://ns.example.com/epcis/"


def eventlist(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of a query document."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


class Asking:
    """Somebody who asks for events, which have names."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers
        self.names: dict[str, str] = {}

    async def capture(self, **events: dict[str, Any]) -> None:
        """Capture events in their order; from then on they go by their names."""
        body = document(*events.values())
        body["@context"] = [*body["@context"], {"ex": NAMESPACE}]
        answer = await self.client.post("/epcis/capture", json=body, headers=self.headers)
        assert (answer.status_code, answer.json().get("success")) == (202, True), answer.text
        self.names |= {event["eventID"]: name for name, event in events.items() if "errorDeclaration" not in event}

    async def get(self, path: str, headers: dict[str, str] | None = None, **parameters: str) -> httpx.Response:
        """Ask for a path with parameters."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return await self.client.get(f"{path}{query}", headers={**self.headers, **(headers or {})})

    async def find(self, path: str = "/epcis/events", headers: dict[str, str] | None = None, **parameters: str) -> list[str]:
        """The names of the events that are found, in their order; a declaration's has an exclamation mark."""
        return self.called(await self.get(path, headers, **parameters))

    def called(self, answer: httpx.Response) -> list[str]:
        """The names of the events in an answer."""
        return [self.names[event["eventID"]] + ("!" if "errorDeclaration" in event else "") for event in eventlist(answer)]


async def asking(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> Asking:
    """An owner of a firm."""
    return Asking(client, await bearer(firm))
