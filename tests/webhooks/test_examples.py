"""The programs of `webhooks.md` do what they say: they verify what is sent, refuse what isn't ours, and sign as we do."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from backend.webhooks import rules
from tests.docs.documents import ROOT
from tests.subscriptions.receiver import Receiver

PAGE: Final = ROOT / "backend" / "docs" / "webhooks.md"
BODY: Final = '{"type": "hold.placed", "data": {"reason": "铅"}}'.encode()


def program(name: str) -> str:
    """A block of the page."""
    found = re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def cases() -> list[tuple[str, dict[str, str], str, bool]]:
    """(secret, headers, body in hexadecimal, whether it is to be taken)."""
    former, current, now = rules.new_secret(), rules.new_secret(), datetime.now(UTC)
    headers = rules.headers([current, former], uuid4(), now, BODY)
    late = rules.headers([current], uuid4(), now - timedelta(minutes=6), BODY)
    broken = {**headers, "webhook-signature": "v1,AAAA v1 v2,"}
    return [
        (current, headers, BODY.hex(), True), (former, headers, BODY.hex(), True), (rules.new_secret(), headers, BODY.hex(), False),
        (current, headers, (BODY + b" ").hex(), False), (current, late, BODY.hex(), False), (current, broken, BODY.hex(), False),
    ]  # fmt: skip


def test_python_verifies(tmp_path: Path) -> None:
    driver = "\nimport json, sys\nprint(json.dumps([verify(s, h, bytes.fromhex(b)) for s, h, b, _ in json.load(sys.stdin)]))\n"
    (tmp_path / "verify.py").write_text(program("verify.py") + driver, encoding="utf-8")
    given = cases()
    told = subprocess.run([sys.executable, str(tmp_path / "verify.py")], input=json.dumps(given), capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == [taken for *_, taken in given]


def test_typescript_verifies(tmp_path: Path) -> None:
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout if node else ""
    if node is None or tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < (22, 18):
        pytest.skip("no node that runs TypeScript as it is")
    driver = """
import { readFileSync } from "node:fs";
const given: [string, Record<string, string>, string, boolean][] = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(given.map(([secret, headers, body]) => verify(secret, headers, Buffer.from(body, "hex")))));
"""
    (tmp_path / "verify.mts").write_text(program("verify.ts") + driver, encoding="utf-8")
    given = cases()
    told = subprocess.run([node, str(tmp_path / "verify.mts")], input=json.dumps(given), capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == [taken for *_, taken in given]


async def test_the_shell_signs_as_we_do(receiver: Receiver) -> None:
    import asyncio

    if shutil.which("curl") is None or shutil.which("openssl") is None:
        pytest.skip("curl or openssl is missing here")
    secret = rules.new_secret()
    ran = await asyncio.create_subprocess_exec("sh", "-c", program("send.sh"), env={**os.environ, "SECRET": secret, "RECEIVER": receiver.url()})
    assert await ran.wait() == 0
    [request] = receiver.received
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook.test"
