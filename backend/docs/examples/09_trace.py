"""9. What went into a lot, and where everything made from an ingredient has gone. GraphQL tells its errors in the answer."""

import os
import sys
from typing import Any

import httpx

BACKWARD = """query ($key: String!) {
  trace(key: $key, direction: BACKWARD) { nodes(first: 100) { nodes { steps certainty object { kind code } } } }
}"""
FORWARD = """query ($key: String!) {
  trace(key: $key, direction: FORWARD) {
    shipments(first: 100) { nodes { shipment { toParty } lots { quantity object { code } } } pageInfo { hasNextPage endCursor } }
  }
}"""


def ask(query: str, key: str) -> dict[str, Any]:
    """The trace of a key."""
    answer = httpx.post(
        f"{os.environ['SUYUAN']}/graphql",
        json={"query": query, "variables": {"key": key}},
        headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"},
        timeout=30,
    )
    told = answer.json()
    if answer.is_error or told.get("errors"):
        sys.exit(f"Refused: {told.get('errors') or told['detail']}")
    trace: dict[str, Any] | None = told["data"]["trace"]
    if trace is None:
        sys.exit(f"Nothing is known of {key}.")
    return trace


for node in ask(BACKWARD, "https://id.gs1.org/01/09506000134338/10/BUNS-7")["nodes"]["nodes"]:
    print(node["steps"], node["certainty"], node["object"]["kind"], node["object"]["code"])
for reached in ask(FORWARD, "https://id.gs1.org/01/09506000134307/10/FLOUR-7")["shipments"]["nodes"]:
    print(reached["shipment"]["toParty"], "got", ", ".join(lot["object"]["code"] for lot in reached["lots"]))
