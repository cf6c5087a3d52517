"""Identifiers without a GS1 key: the private forms of CBV 2.0 (§8.2 to §8.6), written by us with fixed segments.

Under a tenant's own domain: /class/{product}, /class/{product}/{lot}, /obj/{product}/{serial}, /obj/tank/{id}, /obj/asset/{id},
/obj/logistic_unit/{id}, /xform/{id}. The same segments are understood under any domain and path.
"""

import re
from typing import Final
from urllib.parse import quote, unquote

from backend.identifiers.types import Identifier, ObjectKind

_WEB: Final = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+/(?:[^?#]*/)?(obj|class|xform)/([^/?#]+)(?:/([^/?#]+))?")
_TANK: Final = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+/(?:[^?#]*/)?tank/[^/?#]+")
_URN: Final = re.compile(r"[Uu][Rr][Nn]:(?:[^:]+:)+?(obj|class|xform):([^:]+)(?::([^:]+))?")
_NAMED_KINDS: Final = {"tank": ObjectKind.TANK, "asset": ObjectKind.ASSET, "logistic_unit": ObjectKind.LOGISTIC_UNIT}


def read_private(text: str) -> Identifier | None:
    """The identifier in a private form; None where the URI isn't one. The URI itself stays the key."""
    if "obj" not in text and "class" not in text and "xform" not in text and "tank" not in text:
        return None
    match = _WEB.fullmatch(text) or _URN.fullmatch(text)
    if match is not None:
        return _matched(text, *match.groups())
    return Identifier(ObjectKind.TANK, text, text) if _TANK.fullmatch(text) else None


def _matched(text: str, segment: str, first: str, second: str | None) -> Identifier:
    name = None if second is None else unquote(second)
    if segment == "xform":
        return Identifier(ObjectKind.TRANSFORMATION, text, text)
    if segment == "class":
        return Identifier(ObjectKind.PRODUCT_CLASS if name is None else ObjectKind.LOT, text, text, lot=name)
    if name is not None and first in _NAMED_KINDS:
        return Identifier(_NAMED_KINDS[first], text, text)
    return Identifier(ObjectKind.UNIT, text, text, serial=name)


def private_product(host: str, product: str) -> str:
    return f"https://{host}/class/{_segment(product)}"


def private_lot(host: str, product: str, lot: str) -> str:
    return f"https://{host}/class/{_segment(product)}/{_segment(lot)}"


def private_unit(host: str, product: str, serial: str) -> str:
    """Raises ValueError for a product whose name is kept for tanks, assets and logistic units."""
    if product in _NAMED_KINDS:
        raise ValueError(f'"{product}" names a kind of object and cannot be a product')
    return f"https://{host}/obj/{_segment(product)}/{_segment(serial)}"


def private_object(host: str, kind: ObjectKind, name: str) -> str:
    """A tank, an asset or a logistic unit; raises KeyError for any other kind."""
    segment = {kind_of: segment for segment, kind_of in _NAMED_KINDS.items()}[kind]
    return f"https://{host}/obj/{segment}/{_segment(name)}"


def private_transformation(host: str, name: str) -> str:
    return f"https://{host}/xform/{_segment(name)}"


def _segment(text: str) -> str:
    return quote(text, safe="")
