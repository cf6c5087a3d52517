"""The project's documentation as tests read it: pages, fenced blocks, code spans, links, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; `info` is what stands behind the fence ("sh run")."""

    page: str
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def blocks(self) -> list[Block]:
        return [Block(self.name, self.text.count("\n", 0, found.start()) + 1, found["info"], found["text"]) for found in _FENCE.finditer(self.text)]

    @property
    def spans(self) -> list[str]:
        """What stands between backticks, also across the end of a line."""
        return [" ".join(span.split()) for paragraph in self.prose.split("\n\n") for span in _SPAN.findall(paragraph)]

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The headings as a link names them."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.prose)}

    def __str__(self) -> str:
        return self.name


def pages() -> list[Page]:
    """The README and everything below `backend/docs`."""
    return [Page(ROOT / "README.md"), *(Page(path) for path in sorted((ROOT / "backend" / "docs").rglob("*.md")))]


def page(name: str) -> Page:
    """A page by its path from the root."""
    return Page(ROOT / name)


def source_files() -> Iterator[Path]:
    """Everything that says what exists: code, schemas, settings, infrastructure; not the test that lists names of others."""
    kinds = {".py", ".graphql", ".json", ".toml", ".yaml", ".tf", ".sh", ".html", ".env", ".mako"}
    for top in ("infra", "tenants", "backend", "mobile_api", "tests", "terraform"):
        for path in sorted((ROOT / top).rglob("*")):
            if (path.suffix in kinds or path.name == "Dockerfile") and path.name != "test_documentation.py" and "__pycache__" not in path.parts:
                yield path
    yield from (ROOT / "Makefile", ROOT / "pyproject.toml")
