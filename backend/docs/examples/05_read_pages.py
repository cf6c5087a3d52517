"""5. All events, page by page: the header Link leads from each page to the next, until there is none."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx

suyuan = httpx.Client(base_url=os.environ["SUYUAN"], headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"}, timeout=30)


def all_events(address: str) -> Iterator[dict[str, Any]]:
    """Every event that the query finds, in the order in which they were stored."""
    while address:
        page = suyuan.get(address)
        if page.is_error:
            sys.exit(f"Refused: {page.json()['detail']}")
        yield from page.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        address = page.links.get("next", {}).get("url", "")


for event in all_events("/epcis/events?perPage=2"):
    print(event["eventTime"], event["type"], event["eventID"])
