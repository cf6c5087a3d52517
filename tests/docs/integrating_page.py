"""The examples in `backend/docs/integrating.md`, written from their files: `python -m tests.docs.integrating_page`."""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "backend" / "docs" / "integrating.md"
FOLDER = PAGE.parent / "examples"
FENCES = {".sh": "sh", ".py": "python", ".ts": "typescript"}
_SHOWN = re.compile(r"^```(?:sh|python|typescript) (?P<name>[0-9]{2}_\w+\.\w+)\n.*?^```$", re.MULTILINE | re.DOTALL)


def block(name: str) -> str:
    """A file as a fenced block."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return f"```{FENCES[Path(name).suffix]} {name}\n{text}```"


def shown(text: str) -> list[str]:
    """The names of the files that the page shows."""
    return [match["name"] for match in _SHOWN.finditer(text)]


def expected(text: str) -> str:
    """The page with every file as it is now."""
    return _SHOWN.sub(lambda match: block(match["name"]), text)


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(expected(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
