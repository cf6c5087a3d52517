"""How long what people write about nonconformances and corrective actions may be."""

from typing import Final

from infra.texts import optional_text, text_of

__all__ = ["LONG", "TITLE", "optional_text", "text_of"]
TITLE: Final = 200
LONG: Final = 4_000
