"""Runs a page's examples in their order: a shell that stays open, GraphQL documents as a client would post them, answers compared."""

import asyncio
import json
import re
import shlex
from asyncio.subprocess import PIPE, Process
from typing import Any
from uuid import uuid4

import httpx

from tests.docs.documents import Block

_END = "— end of block —"
_SECONDS = 30
_LONGEST = 2**24


class Shell:
    """One bash, so that a variable set in one block is there in the next."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, variables: dict[str, str]) -> "Shell":
        """A shell that sees these variables."""
        shell = cls(await asyncio.create_subprocess_exec("bash", stdin=PIPE, stdout=PIPE, limit=_LONGEST))
        for name, value in variables.items():
            await shell.run(f"{name}='{value}'")
        return shell

    async def run(self, text: str) -> str:
        """What a block prints; fails unless its last command ends well."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{text}\nprintf '\\n%s %s\\n' '{_END}' $?\n".encode())
        printed = (await asyncio.wait_for(self._process.stdout.readuntil(f"\n{_END} ".encode()), _SECONDS)).decode()
        status = (await self._process.stdout.readline()).decode().strip()
        assert status == "0", f"ended with {status}:\n{text}"
        return printed.removesuffix(f"\n{_END} ").strip()

    async def close(self) -> None:
        """End it."""
        self._process.kill()
        await self._process.wait()


class Examples:
    """The state of a page's examples: the shell, the last output, and what answers have named `<so>`, which the shell knows as `SO`."""

    def __init__(self, shell: Shell, base: str) -> None:
        self._shell = shell
        self._base = base
        self._output = ""
        self._named: dict[str, Any] = {}

    async def follow(self, block: Block) -> None:
        """Run a block that is marked for it, or compare an answer."""
        match block.info.split():
            case ["sh", "run"]:
                self._output = await self._shell.run(block.text)
            case ["graphql", "run"]:
                self._output = await self._ask(block.text)
            case ["json", "answer"]:
                differences = [*_differences(json.loads(block.text), json.loads(self._output), "$", self._named)]
                assert differences == [], "\n".join([str(block), *differences, self._output])
                for name, value in self._named.items():
                    await self._shell.run(f"{name.upper()}={shlex.quote(str(value))}")
            case ["text", "answer"]:
                told = "…".join(["", *block.text.strip().splitlines(), ""])
                assert _like(told).fullmatch(self._output.replace("\r", "")), f"{block}: {self._output}"

    async def _ask(self, document: str) -> str:
        variables = {name: self._named[name] for name in re.findall(r"\$(\w+):", document)}
        headers = {"Authorization": f"Bearer {await self._shell.run('echo $TOKEN')}", "Idempotency-Key": str(uuid4())}
        async with httpx.AsyncClient(base_url=self._base) as client:
            answer = await client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.text


def _like(told: str) -> re.Pattern[str]:
    """A text in which "…" stands for any other."""
    return re.compile(".*".join(re.escape(part) for part in told.split("…")), re.DOTALL)


def _differences(told: Any, given: Any, path: str, named: dict[str, Any]) -> list[str]:
    """Where an answer isn't as it is told.

    "…" stands for anything, as a last element or a key for the rest; "<x>" for what is called x from then on.
    """
    if told == "…":
        return []
    if isinstance(told, str) and re.fullmatch(r"<\w+>", told):
        return [] if named.setdefault(told[1:-1], given) == given else [f"{path}: {given} is another {told}"]
    if isinstance(told, dict) and isinstance(given, dict):
        return _of_members(told, given, path, named)
    if isinstance(told, list) and isinstance(given, list):
        return _of_elements(told, given, path, named)
    same = _like(told).fullmatch(given) if isinstance(told, str) and isinstance(given, str) else told == given
    return [] if same else [f"{path}: {given!r} instead of {told!r}"]


def _of_members(told: dict[str, Any], given: dict[str, Any], path: str, named: dict[str, Any]) -> list[str]:
    expected = told.keys() - {"…"}
    lacking = [f"{path}.{key}: not given" for key in expected - given.keys()]
    beyond = [] if "…" in told else [f"{path}.{key}: not told" for key in given.keys() - expected]
    return lacking + beyond + [line for key in expected & given.keys() for line in _differences(told[key], given[key], f"{path}.{key}", named)]


def _of_elements(told: list[Any], given: list[Any], path: str, named: dict[str, Any]) -> list[str]:
    listed = told[:-1] if told[-1:] == ["…"] else told
    if len(given) < len(listed) or (len(given) > len(listed) and listed is told):
        return [f"{path}: {len(given)} elements instead of {len(listed)}"]
    return [line for place, item in enumerate(listed) for line in _differences(item, given[place], f"{path}[{place}]", named)]
