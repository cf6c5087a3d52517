"""Good documents with something changed in them, in their bytes or in their structure."""

import json
from random import Random
from typing import Any, Final


def mutated(raw: bytes, chance: Random) -> bytes:
    """A document with some of its bytes, words or values changed."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice([1, 1, 4, 40, 400]))
        piece = chance.choice(
            [
                b"", b"", raw[start:end] * 2, bytes(chance.getrandbits(8) for _ in range(chance.randint(1, 8))), chance.choice(PIECES),
                raw[chance.randrange(len(raw) + 1) :][:60], bytes(reversed(raw[start:end])),
            ]
        )  # fmt: skip
        raw = raw[:start] + piece + raw[end:]
    return raw


PIECES: Final = (
    b"null", b"true", b"-0", b"1e999", b"9" * 40, b'""', b"[]", b"{}", b'{"id":{}}', b"\\u0000", b"\xff", b"\x00", b"<", b"&lt;",
    b"<![CDATA[", b"]]>", b"<!--", b'"@type":', b'"@context":[[]],', b'"type":"ObjectEvent"', b"https://id.gs1.org/01/",
    b"urn:epc:id:sgtin:", b"0000-00-00T00:00:00Z", b"+99:99", b"://", b"%",
)  # fmt: skip


def restructured(value: Any, chance: Random) -> Any:
    """A JSON value with one of the values in it changed into something else."""
    places: list[tuple[Any, Any]] = []

    def walk(at: Any) -> None:
        for key in list(at) if isinstance(at, dict) else range(len(at)):
            places.append((at, key))
            if isinstance(at[key], dict | list):
                walk(at[key])

    copy = json.loads(json.dumps(value))
    if not isinstance(copy, dict | list) or not copy:
        return copy
    walk(copy)
    for _ in range(chance.randint(1, 3)):
        at, key = chance.choice(places)
        if isinstance(at, dict):
            if key in at and chance.random() < 0.3:
                at[chance.choice(["", "@id", "@context", "ex:x", "type", key.upper(), key + "\u200b"])] = at.pop(key)
            else:
                at[key] = chance.choice(VALUES)
        elif key < len(at):
            at[key] = chance.choice(VALUES) if chance.random() < 0.95 else [at[key]] * 50
    return copy


VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1.5, 10**30, 1e-300, "", " ", "\n", "a" * 3_000, "溯源\U0001f600", "\u202e", [], [[]], {}, {"": {}}, {"@value": 1}, {"id": 5},
    ["x"], "2026-13-45T99:99:99Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00", "urn:epc:id:sscc:0614141.1234567890", "bizStep", "ADD",
    "https://id.gs1.org/01/09506000134307/10/%",
)  # fmt: skip
