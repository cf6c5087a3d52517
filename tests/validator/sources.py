"""Every sentence that the readers of documents can say, read from their source: what is given to a fault as problem or mend."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Where problem and mend stand among the arguments of what records a fault.
_CALLS = {
    "fail": (2, 3), "Fault": (2, 3), "missing": (None, 3), "fault": (1, 2), "InvalidIdentifierError": (1, 2),
    "refuse": (0, None),
}  # fmt: skip
FOLDERS = ("backend/events", "backend/identifiers", "backend/validator")


def sentences() -> set[tuple[str, str, str]]:
    """(file, "problem" or "mend", sentence with `{}` for what differs)."""
    found: set[tuple[str, str, str]] = set()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("*.py")):
            found |= {(path.name, kind, text) for kind, text in _of(ast.parse(path.read_text(encoding="utf-8")))}
    return found


def _of(module: ast.Module) -> Iterator[tuple[str, str]]:
    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        local = dict(constants)
        several: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                several.setdefault(node.targets[0].id, []).append(node.value)
            elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple) and isinstance(node.target, ast.Tuple):
                for column, target in enumerate(node.target.elts):
                    values = [row.elts[column] for row in node.iter.elts if isinstance(row, ast.Tuple)]
                    several.setdefault(ast.unparse(target), []).extend(values)
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            for kind, place in zip(("problem", "mend"), _CALLS.get(name, (None, None)), strict=True):
                if place is not None:
                    for argument in _argument(call, place, constants):
                        yield from ((kind, text) for text in _texts(argument, local, several))


def _argument(call: ast.Call, place: int, constants: dict[str, ast.expr]) -> list[ast.expr]:
    """The argument, also where a pair of texts is spread into the call."""
    starred = next((each for each in call.args if isinstance(each, ast.Starred)), None)
    if starred is not None and isinstance(starred.value, ast.Name):
        pair = constants.get(starred.value.id)
        at = place - call.args.index(starred)
        return [pair.elts[at]] if isinstance(pair, ast.Tuple) and at >= 0 else []
    return [call.args[place]] if place < len(call.args) else []


def _texts(value: ast.expr, local: dict[str, ast.expr], several: dict[str, list[ast.expr]]) -> list[str]:
    """A constant, a text with blanks, either of two, or what a name stands for; nothing for what another place has said."""
    if isinstance(value, ast.Constant):
        return [value.value] if isinstance(value.value, str) else []
    if isinstance(value, ast.JoinedStr):
        parts = [[str(part.value)] if isinstance(part, ast.Constant) else ["{}"] for part in value.values]
        return ["".join(each) for each in product(*parts)]
    if isinstance(value, ast.IfExp):
        return _texts(value.body, local, several) + _texts(value.orelse, local, several)
    if isinstance(value, ast.Name) and value.id in several:
        return [text for each in several[value.id] for text in _texts(each, local, {})]
    return _texts(local[value.id], {}, {}) if isinstance(value, ast.Name) and value.id in local else []
