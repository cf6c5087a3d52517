"""The settings table of `backend/docs/operating.md`, written from the settings themselves: `python -m tests.docs.settings_table`."""

import json
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from infra.settings import Settings

OPERATING = Path(__file__).resolve().parents[2] / "backend" / "docs" / "operating.md"
HEAD = "| variable | default | what it says |\n|---|---|---|\n"
_ROW = re.compile(r"\| `(SUYUAN_[A-Z0-9_]+)` \| ([^|]*) \| ([^|]*) \|\n")
_TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)+")


def table_in(text: str) -> str:
    """The table as it stands in the page."""
    found = _TABLE.search(text)
    if found is None:
        raise ValueError(f"{OPERATING.name} has no settings table")
    return found[0]


def expected(table: str) -> str:
    """The table as the settings have it. What a setting without a description says is kept from `table`; a new one gets a question mark."""
    written = {name: words for name, _, words in _ROW.findall(table)}
    rows = []
    for name, field in Settings.model_fields.items():
        variable = f"SUYUAN_{name.upper()}"
        rows.append(f"| `{variable}` | {_default(field)} | {field.description or written.get(variable, '?')} |\n")
    return HEAD + "".join(rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.default
    if value is None:
        return "–"
    shown = value.value if isinstance(value, StrEnum) else value if isinstance(value, str) else json.dumps(value)
    return f"`{shown}`"


def main() -> int:
    """Write the table anew; 1 where a setting has neither a description nor words in the page."""
    text = OPERATING.read_text(encoding="utf-8")
    table = expected(table_in(text))
    OPERATING.write_text(_TABLE.sub(lambda _: table, text), encoding="utf-8")
    return 1 if "| ? |" in table else 0


if __name__ == "__main__":
    sys.exit(main())
