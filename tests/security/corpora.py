"""Hostile texts and files of the shared data, and how an answer to one of them looks when all is well."""

from pathlib import Path
from typing import Final

import httpx

from tests.shared_data import SHARED_DATA, shared_json, shared_path
from tests.soak.marks import SOAKING

CORPORA: Final = "security-corpora"
LISTS: Final = (
    "command_injection", "crlf", "csv_formula_injection", "graphql", "jwt", "ldap", "naughty_strings", "nosqli", "open_redirect",
    "path_traversal", "sqli", "ssti", "xss", "xxe_fuzz",
)  # fmt: skip


def texts(name: str) -> list[str]:
    """The texts of one list, each once."""
    rows = shared_json(CORPORA, "lists", f"{name}.json")
    return list(dict.fromkeys(row.get("payload", row.get("string")) for row in rows))


def some(given: list[str], count: int, place: int = 0) -> list[str]:
    """Evenly chosen ones, others for each place; all of them in a soak."""
    step = max(1, len(given) // count)
    return given if SOAKING else given[place % step :: step]


def files(folder: str) -> list[Path]:
    """The files of a folder."""
    return sorted(path for path in shared_path(CORPORA, "files", folder).iterdir() if path.is_file())


HAS_FILES: Final = (SHARED_DATA / CORPORA / "files").is_dir()


def is_clear(answer: httpx.Response) -> bool:
    """A success or a refusal in its own form, no failure of ours, nothing put among the headers."""
    assert 200 <= answer.status_code < 500, answer.text[:500]
    assert '"INTERNAL"' not in answer.text, answer.text[:500]
    assert answer.headers["x-request-id"]
    assert not {"set-cookie", "x-injected", "crlf"} & set(answer.headers.keys()), answer.headers
    if answer.status_code >= 400 and answer.content:
        assert answer.headers["content-type"].split(";")[0] in (
            "application/problem+json",
            "application/json",
            "text/html",
            "application/graphql-response+json",
        )
    return True
