"""Reads the service's own source for statements, and for whatever is formatted into one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("infra", "tenants", "backend", "mobile_api")
# What runs a statement, on a tenant's transaction or on a connection.
RUNS: Final = ("fetch", "fetchrow", "fetchval", "execute", "executemany", "prepare", "cursor", "stream", "copy_from_query")
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Built:
    """A statement that isn't a text of the source's own: where it is run, and what is put into it."""

    path: str
    function: str
    part: str


def sources(mentioning: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Every module of the service in whose text a word stands, without migrations, which run once as the owner, with nobody's values."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not name.startswith("infra/migrations/") and mentioning in (text := path.read_text()):
                yield name, ast.parse(text)


def built_statements(name: str, tree: ast.Module) -> Iterator[Built]:
    """Each statement of a module into which something other than a constant is put."""
    for function in [node for node in ast.walk(tree) if isinstance(node, FunctionNode)]:
        assigned = _assigned(function)
        for call in _own_calls(function):
            if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS and call.args:
                for part in _parts(call.args[0], assigned, frozenset()):
                    yield Built(name, function.name, part)


def _own_calls(function: FunctionNode) -> Iterator[ast.Call]:
    inner = {id(node) for child in ast.walk(function) if isinstance(child, FunctionNode) and child is not function for node in ast.walk(child)}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and id(node) not in inner:
            yield node


def _assigned(function: FunctionNode) -> dict[str, list[ast.expr]]:
    """What each local name is ever given."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    given.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            given.setdefault(node.target.id, []).append(node.value)
    return given


def _parts(text: ast.expr, assigned: dict[str, list[ast.expr]], seen: frozenset[str]) -> Iterator[str]:
    """The expressions in a statement that are neither a text nor a constant's name."""
    if isinstance(text, ast.Constant):
        return
    if isinstance(text, ast.JoinedStr):
        for value in text.values:
            yield from _parts(value, assigned, seen)
    elif isinstance(text, ast.FormattedValue):
        yield from _parts(text.value, assigned, seen)
    elif isinstance(text, ast.BinOp) and isinstance(text.op, ast.Add):
        yield from _parts(text.left, assigned, seen)
        yield from _parts(text.right, assigned, seen)
    elif isinstance(text, ast.IfExp):
        yield from _parts(text.body, assigned, seen)
        yield from _parts(text.orelse, assigned, seen)
    elif isinstance(text, ast.Name) and text.id in assigned:
        if text.id not in seen:
            for value in assigned[text.id]:
                yield from _parts(value, assigned, seen | {text.id})
    elif isinstance(text, ast.Subscript) and _is_constant(text.value):
        return
    elif not _is_constant(text):
        yield ast.unparse(text)


def _is_constant(text: ast.expr) -> bool:
    """A name in capitals: a module's constant, and so nobody's value."""
    name = text.id if isinstance(text, ast.Name) else text.attr if isinstance(text, ast.Attribute) else ""
    return bool(name) and name == name.upper()
