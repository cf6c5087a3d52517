"""The pages' own words are whole in both languages, claim nothing they can't hold, and can be read in both colour schemes."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from backend.history import page
from backend.history.document import Status, StepKind
from backend.history.words import EN, ZH, Notice, Words

STYLE = (Path(page.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
NEVER = re.compile(
    r"guarantee|genuine|authentic|safe\b|100 ?%|trusted|green|sustainab|eco-|blockchain|quality you|保证|正品|安全|放心|绿色|环保|区块链",
    re.IGNORECASE,
)


def texts(words: Any) -> dict[str, str]:
    told: dict[str, str] = {}
    for item in fields(words):
        value: Any = getattr(words, item.name)
        if is_dataclass(value) and not isinstance(value, Notice):
            told |= {f"{item.name}.{name}": text for name, text in texts(value).items()}
            continue
        entries = value.items() if isinstance(value, dict) else [("", value)]
        for name, entry in entries:
            if isinstance(entry, Notice):
                told[f"{item.name}.{name}.title"], told[f"{item.name}.{name}.text"] = entry.title, entry.text
            else:
                told[f"{item.name}.{name}"] = entry
    return told


def test_both_languages_say_everything_with_the_same_blanks() -> None:
    chinese, english = texts(ZH), texts(EN)
    assert chinese.keys() == english.keys()
    for name in chinese:
        assert chinese[name].strip()
        assert english[name].strip()
        assert re.findall(r"\{\w*\}", chinese[name]) == re.findall(r"\{\w*\}", english[name])
    assert set(ZH.statuses) == set(EN.statuses) == set(Status)
    assert set(ZH.step_names) == set(EN.step_names) == set(StepKind)


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_nothing_reads_like_a_promise(words: Words) -> None:
    assert [text for text in texts(words).values() if NEVER.search(text)] == []


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    whole = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "paper"),
        ("soft", "paper"),
        ("mark", "paper"),
        ("warn", "paper"),
        ("ink", "card"),
        ("soft", "card"),
        ("warn", "warn-paper"),
        ("stop", "stop-paper"),
        ("ink", "stop-paper"),
        ("soft", "stop-paper"),
    ],
)
def test_text_stands_out_from_its_background(scheme: int, ink: str, paper: str) -> None:
    blocks = re.findall(r":root\{([^}]*)\}", STYLE)
    colours = dict(item.split(":") for item in blocks[scheme].split(";"))
    assert contrast(colours[f"--{ink}"], colours[f"--{paper}"]) >= 4.5


def test_the_style_sheet_asks_for_nothing_from_elsewhere() -> None:
    assert re.findall(r"url\(|@import|@font-face|</", STYLE) == []
