"""How a foreign text is shown inside a message: short, on one line, and without anything invisible."""

_LONGEST = 80


def shown(text: str) -> str:
    """The text in quotes; control characters, unpaired surrogates and invisible marks are written as escapes."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return f'"{printable(cut)}"'


def printable(text: str) -> str:
    """The text with escapes in place of control characters, unpaired surrogates and invisible marks."""
    return text if text.isprintable() else "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
