"""The flood of the fairness benchmark, a process of its own: `python -m tests.benchmarks.flooding <orders>`, until a line comes in."""

import json
import sys
import threading
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

from infra.background import step_back
from tests.benchmarks.client import Client

EVENTS = "query { events(first: 20) { nodes { objects(first: 5) { nodes { object { code } } } } } }"
TRACE = "query ($key: String!) { trace(key: $key, direction: BACKWARD) { nodeCount nodes(first: 20) { nodes { steps object { key } } } } }"


def main(orders: dict[str, Any]) -> None:
    """One thread a connection, each sending again as soon as it is answered; prints how often what was answered."""
    # It stands for other machines: what sends is not to take the processor from what is measured.
    step_back()
    ends, answers = threading.Event(), Counter[str]()
    documents = [document.encode() for document in orders["documents"]]
    large = orders["large"].encode()

    def flood(number: int, headers: dict[str, str]) -> None:
        client, own = Client(orders["port"], headers), cycle(documents[number:] + documents[:number])
        while not ends.is_set():
            answer = _one(client, number, next(own), large, orders["key"])
            answers[answer] += 1
            if answer == "cut off":
                client = Client(orders["port"], headers)

    threads = [threading.Thread(target=flood, args=given) for given in enumerate(orders["headers"])]
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    ends.set()
    for thread in threads:
        thread.join()
    print(json.dumps(answers))


def _one(client: Client, number: int, document: bytes, large: bytes, key: str) -> str:
    """A request of the kind that this connection sends: one captures large documents, a third small ones, the others query and trace."""
    try:
        if number == 0:
            client.post("/epcis/capture", large)
        elif number % 3 == 0:
            client.graphql(EVENTS, {})
        elif number % 3 == 1:
            client.graphql(TRACE, {"key": key})
        else:
            client.post("/epcis/capture", document)
    except RuntimeError as problem:
        words = str(problem)
        told = next((status for status in ("429", "503") if f"answered {status}" in words), "")
        return told or ("done" if "OBJECT_NOT_FOUND" in words else words[:60])
    except OSError:
        return "cut off"
    return "done"


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
