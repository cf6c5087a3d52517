"""A plain HTTP/1.1 client that keeps its connection: what it costs itself hardly shows in the figures."""

import http.client
import json
import time
from types import TracebackType
from typing import Any, BinaryIO, Self


class Client:
    """One connection; blocking, so it runs in a thread of its own. Any answer of 400 or above raises."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}

    def post(self, path: str, body: bytes | BinaryIO, **headers: str) -> bytes:
        """The answer's body."""
        self._connection.request("POST", path, body, {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}})
        return self._answer(path)

    def capture(self, body: bytes | BinaryIO, **headers: str) -> dict[str, Any]:
        """The job of a document, once it is finished."""
        job: dict[str, Any] = json.loads(self.post("/epcis/capture", body, **headers))
        return self.finished(job)

    def finished(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job once it is finished. Raises where anything of it was not stored."""
        while job["running"]:
            time.sleep(0.02)
            job = json.loads(self.get(f"/epcis/capture/{job['captureID']}"))
        if not job["success"]:
            raise RuntimeError(f"the capture failed: {job['errors'][:1]}")
        return job

    def get(self, path: str, **headers: str) -> bytes:
        """The answer's body."""
        self._connection.request("GET", path, headers={**self._headers, **headers})
        return self._answer(path)

    def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL answer; raises where it has errors."""
        answer = json.loads(self.post("/graphql", json.dumps({"query": query, "variables": variables}).encode()))
        if answer.get("errors"):
            raise RuntimeError(f"GraphQL refused: {answer['errors'][0]}")
        data: dict[str, Any] = answer["data"]
        return data

    def _answer(self, path: str) -> bytes:
        response = self._connection.getresponse()
        body = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{path} answered {response.status}: {body[:500].decode(errors='replace')}")
        return body

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()
