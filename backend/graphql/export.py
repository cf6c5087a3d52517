"""Write the schema's SDL, or check that the committed one is current: `python -m backend.graphql.export [--check]`."""

import difflib
import sys
from pathlib import Path
from typing import Final

from backend.graphql.schema import build_schema

SDL: Final = Path(__file__).with_name("schema.graphql")


def drift() -> str:
    """What differs between the committed SDL and the schema, as a diff; empty where nothing does."""
    committed = SDL.read_text(encoding="utf-8").splitlines(keepends=True) if SDL.exists() else []
    current = sdl().splitlines(keepends=True)
    return "".join(difflib.unified_diff(committed, current, "backend/graphql/schema.graphql", "the schema in the code"))


def sdl() -> str:
    """The schema as text."""
    return build_schema().as_str().rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Exit 1 with a diff where the committed SDL has drifted."""
    if "--check" not in arguments:
        SDL.write_text(sdl(), encoding="utf-8")
        return 0
    difference = drift()
    if difference:
        sys.stdout.write(f"{difference}\nThe schema has changed: run `make sdl`, look at the difference and commit it.\n")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
