"""The whole graph as GraphML, in pieces: every object, step and link, nothing grouped."""

from collections.abc import Iterator
from itertools import islice
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from backend.genealogy.rules import Certainty
from backend.shapes.graph import Arrow, Graph, Point
from backend.shapes.names import Names
from infra.clock import isoformat

AT_ONCE: Final = 1_000
_NODE_KEYS: Final = ("kind", "code", "gtin", "product", "certainty", "at", "step", "place", "party", "start")
_EDGE_KEYS: Final = ("link", "certainty", "doubt", "quantity", "uom", "at")


def graphml_parts(graph: Graph, names: Names) -> Iterator[bytes]:
    """The file; `names` are those of all products, places and parties in it."""
    keys = [f'<key id="n_{name}" for="node" attr.name="{name}" attr.type="string"/>' for name in _NODE_KEYS]
    keys += [f'<key id="e_{name}" for="edge" attr.name="{name}" attr.type="string"/>' for name in _EDGE_KEYS]
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        + "".join(keys)
        + '<graph id="trace" edgedefault="directed">\n'
    ).encode()
    numbers = {point.name: number for number, point in enumerate(graph.points)}
    yield from _together(_node(point, numbers[point.name], names) for point in graph.points)
    yield from _together(_edge(arrow, number, numbers) for number, arrow in enumerate(graph.arrows))
    yield b"</graph></graphml>\n"


def _together(parts: Iterator[str]) -> Iterator[bytes]:
    while several := list(islice(parts, AT_ONCE)):
        yield "".join(several).encode()


def _node(point: Point, number: int, names: Names) -> str:
    told = {
        "kind": point.sort, "code": point.code, "gtin": point.gtin, "product": names.product(point.gtin, point.at),
        "certainty": _certainty(point.certainty), "at": isoformat(point.at) if point.at else None, "step": point.step,
        "place": names.place(point.place), "party": names.party(point.party), "start": "true" if point.is_start else None,
    }  # fmt: skip
    return f'<node id="n{number}"><desc>{_legal(point.name)}</desc>{_data("n", told)}</node>\n'


def _edge(arrow: Arrow, number: int, numbers: dict[str, int]) -> str:
    told = {
        "link": arrow.kind.name.lower() if arrow.kind is not None else "shipped", "certainty": _certainty(arrow.certainty), "doubt": arrow.doubt,
        "quantity": f"{arrow.quantity:f}" if arrow.quantity is not None else None, "uom": arrow.uom or None,
        "at": isoformat(arrow.at) if arrow.stated else None,
    }  # fmt: skip
    ends = f'source="n{numbers[arrow.parent]}" target="n{numbers[arrow.child]}"'
    return f'<edge id="e{number}" {ends}>{_data("e", told)}</edge>\n'


def _data(kind: str, told: dict[str, str | None]) -> str:
    return "".join(f"<data key={quoteattr(f'{kind}_{name}')}>{_legal(value)}</data>" for name, value in told.items() if value)


def _certainty(certainty: Certainty) -> str:
    return certainty.name.lower()


def _legal(text: str) -> str:
    """Escaped, and without the characters that XML 1.0 doesn't have."""
    return escape("".join(sign for sign in text if sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff"))
