"""The files of the documentation's examples, as the page links to them."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "examples"
LANGUAGES: Final = {".sh": "curl", ".py": "Python", ".ts": "TypeScript"}


def example_files() -> dict[str, list[tuple[str, str]]]:
    """By the name that the languages share ("capture_event"): language and file name. A closed list: what isn't in it isn't served."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(FOLDER.glob("[0-9]*")):
        if path.suffix in LANGUAGES:
            found.setdefault(path.stem, []).append((LANGUAGES[path.suffix], path.name))
    return {stem: sorted(files, key=lambda file: list(LANGUAGES.values()).index(file[0])) for stem, files in found.items()}
