"""Every action that the source records is described in both languages; found in the source, so that none is forgotten."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tenants.audit.actions import ACTIONS, describe

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tenants", "backend", "mobile_api")
# The trail's own `record`, by the modules from which it is imported.
RECORD = ("tenants.audit", "tenants.audit.recording")
Function = ast.AsyncFunctionDef | ast.FunctionDef


@dataclass(frozen=True)
class Call:
    """A call, in the innermost function around it."""

    path: str
    call: ast.Call
    function: Function | None

    def __str__(self) -> str:
        return f"{self.path}:{self.call.lineno}"


@lru_cache(maxsize=1)
def trees() -> dict[str, ast.Module]:
    files = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


@lru_cache(maxsize=1)
def calls() -> list[Call]:
    """Every call in the source."""

    found: list[Call] = []

    def look_within(node: ast.AST, path: str, function: Function | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                found.append(Call(path, child, function))
            look_within(child, path, child if isinstance(child, Function) else function)

    for path, tree in trees().items():
        look_within(tree, path, None)
    return found


def recording() -> list[Call]:
    """The calls that write an entry."""
    direct = {
        path: {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module in RECORD
            for alias in node.names
            if alias.name == "record"
        }
        for path, tree in trees().items()
    }
    found = []
    for call in calls():
        called = call.call.func
        by_name = isinstance(called, ast.Name) and called.id in direct[call.path]
        if by_name or (isinstance(called, ast.Attribute) and ast.unparse(called) == "audit.record"):
            found.append(call)
    return found


def given(call: ast.Call, name: str, place: int | None) -> ast.expr | None:
    """What a call gives for a parameter."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    if named:
        return named[0]
    return call.args[place] if place is not None and len(call.args) > place else None


def texts(path: str, expression: ast.expr | None, function: Function | None, depth: int = 0) -> list[str] | None:
    """The texts that an expression can stand for; None where that can't be read off the source."""
    if isinstance(expression, ast.Constant):
        return [expression.value] if isinstance(expression.value, str) else None
    if isinstance(expression, ast.IfExp):
        return together(texts(path, branch, function, depth) for branch in (expression.body, expression.orelse))
    if isinstance(expression, ast.Name) and function is not None:
        assigned = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == expression.id for target in node.targets)
        ]
        if assigned:
            return together(texts(path, value, function, depth) for value in assigned)
        if (place := parameter(function, expression.id)) is not None and depth < 4:
            return passed(function, expression.id, place, depth)
    if isinstance(expression, ast.Name | ast.Attribute):
        return constant(path, ast.unparse(expression))
    return None


def together(parts: Iterator[list[str] | None]) -> list[str] | None:
    found: list[str] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found or None


def parameter(function: Function, name: str) -> int | None:
    """The place of a parameter among those that a caller gives; -1 for one that is given by name."""
    positional = [argument.arg for argument in function.args.args]
    if name in positional:
        return positional.index(name) - (positional[0] in ("self", "cls"))
    return -1 if name in [argument.arg for argument in function.args.kwonlyargs] else None


def passed(function: Function, name: str, place: int, depth: int) -> list[str] | None:
    """What the callers of a function give for one of its parameters."""
    found = []
    for call in calls():
        called = call.call.func
        if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)) == function.name:
            found.append(texts(call.path, given(call.call, name, place if place >= 0 else None), call.function, depth + 1))
    return together(iter(found))


def constant(path: str, name: str) -> list[str] | None:
    found: object = importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part, None)
    return [str(found)] if isinstance(found, str) else None


def test_every_action_that_the_source_records_is_described() -> None:
    known: dict[str, str] = {}
    unread = []
    for call in recording():
        told = texts(call.path, given(call.call, "action", 2), call.function)
        if told is None:
            unread.append(str(call))
        known |= dict.fromkeys(told or (), str(call))
    assert len(known) >= 15
    assert unread == [], "write the action as a text or a constant, so that it can be found"
    assert {action: place for action, place in known.items() if action not in ACTIONS} == {}, "describe it in tenants/audit/actions.py"


def test_actions_are_named_and_described_as_they_should_be() -> None:
    for action, (chinese, english) in ACTIONS.items():
        assert re.fullmatch(r"[a-z][a-z_]*\.[a-z][a-z_]*", action), action
        assert re.search(r"[\u4e00-\u9fff]", chinese), action
        assert english[:1].isupper(), action
        assert english.isascii(), action
    assert len({words[0] for words in ACTIONS.values()}) == len({words[1] for words in ACTIONS.values()}) == len(ACTIONS)


def test_an_action_of_former_days_describes_itself() -> None:
    assert (describe("hold.placed", "zh"), describe("hold.placed", "en"), describe("gone.by", "en")) == ("扣留货物", "Placed a hold", "gone.by")
