"""Reads a page as a browser would: its elements and its words."""

from typing import Any

import httpx
from lxml import html


def elements(answer: httpx.Response, path: str) -> list[Any]:
    """The elements, or attribute values, that an XPath finds."""
    found: Any = html.fromstring(answer.content).xpath(path)
    return list(found)


def text_of(answer: httpx.Response) -> str:
    """The words of a page's body, in reading order."""
    [body] = elements(answer, "//body")
    return " ".join(" ".join(body.itertext()).split())
