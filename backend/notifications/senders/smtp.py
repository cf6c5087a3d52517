"""A conversation with a mail server (RFC 5321), over a socket that leads to an address that was checked; who breaks it off ends it.

Nothing waits in threads: a task that is cancelled closes its connection, so nothing is handed over behind its back.
"""

import asyncio
import base64
import hmac
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from io import BytesIO
from typing import Final

STEP_SECONDS: Final = 10.0
# The server looks at the whole mail before it answers to its end (RFC 5321 §4.5.3.2.6 would give it ten minutes).
ANSWER_SECONDS: Final = 30.0
FAREWELL_SECONDS: Final = 2.0
# A line of an answer has 512 octets at most (RFC 5321 §4.5.3.1.5); some write more.
MOST_LINE: Final = 4_096
MOST_LINES: Final = 100
NAME: Final = "suyuan"


class AnsweredError(Exception):
    """The server answered something else than what the next step needs."""

    def __init__(self, code: int, *, sign_in: bool = False) -> None:
        super().__init__(str(code))
        self.code = code
        self.sign_in = sign_in


class TroubleError(Exception):
    """A conversation that came to nothing without such an answer."""


class GarbledError(TroubleError):
    """What the server says is no SMTP, or it hung up."""


class UnsupportedError(TroubleError):
    """The server doesn't offer what is needed."""


class UnansweredError(TroubleError):
    """The mail is handed over whole, and the server didn't say whether it takes it: it may come."""


@dataclass(slots=True)
class Conversation:
    """One connection, from the greeting on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    offers: dict[str, str] = field(default_factory=dict)

    async def greet(self) -> None:
        """Hear the greeting, and what the server offers."""
        await self._expect(220)
        await self._hello()

    async def secure(self, context: ssl.SSLContext, name: str) -> None:
        """STARTTLS (RFC 3207): what was heard before counts no more, and nothing sent along with it is taken for what comes after."""
        if "STARTTLS" not in self.offers:
            raise UnsupportedError
        await self._say("STARTTLS")
        await self._expect(220)
        loop, fresh = asyncio.get_running_loop(), asyncio.StreamReader(MOST_LINE)
        protocol = asyncio.StreamReaderProtocol(fresh)
        async with asyncio.timeout(STEP_SECONDS):
            transport = await loop.start_tls(self.writer.transport, protocol, context, server_hostname=name)
        if transport is None:
            raise GarbledError
        protocol.connection_made(transport)
        self.reader, self.writer = fresh, asyncio.StreamWriter(transport, protocol, fresh, loop)
        await self._hello()

    async def sign_in(self, user: str, password: str) -> None:
        """By the first way that both know (RFC 4954)."""
        ways = self.offers.get("AUTH", "").upper().split()
        try:
            if "PLAIN" in ways:
                await self._ask("AUTH PLAIN " + _base64(b"\0".join((b"", user.encode(), password.encode()))), 235)
            elif "LOGIN" in ways:
                await self._ask("AUTH LOGIN", 334)
                await self._ask(_base64(user.encode()), 334)
                await self._ask(_base64(password.encode()), 235)
            elif "CRAM-MD5" in ways:
                challenge = base64.b64decode((await self._ask("AUTH CRAM-MD5", 334))[0])
                digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
                await self._ask(_base64(f"{user} {digest}".encode()), 235)
            else:
                raise UnsupportedError
        except AnsweredError as problem:
            raise AnsweredError(problem.code, sign_in=True) from problem

    async def announce(self, sender: str, receiver: str) -> bool:
        """From whom and to whom a mail comes, until the server asks for it; gives whether it may be written in UTF-8 throughout (RFC 6531)."""
        utf8 = not (sender + receiver).isascii()
        if utf8 and "SMTPUTF8" not in self.offers:
            raise UnsupportedError
        await self._ask(f"MAIL FROM:<{sender}>{' SMTPUTF8' if utf8 else ''}", 250)
        await self._ask(f"RCPT TO:<{receiver}>", 250, 251)
        await self._ask("DATA", 354)
        return utf8

    async def hand_over(self, mail: EmailMessage, *, utf8: bool) -> None:
        """The mail that was announced; raises `UnansweredError` where the server has all of it and doesn't say whether it takes it.

        Its end is sent when all else is on its way: a mail that is broken off before is none to the server.
        """
        self.writer.write(_as_data(mail, utf8=utf8))
        async with asyncio.timeout(STEP_SECONDS):
            await self.writer.drain()
        try:
            await self._say(".")
            await self._expect(250, seconds=ANSWER_SECONDS)
        except (GarbledError, OSError) as problem:
            raise UnansweredError from problem
        # Manners: whatever comes of it, the mail is taken.
        with suppress(OSError, TroubleError, AnsweredError):
            await self._say("QUIT")
            await self._expect(221, seconds=FAREWELL_SECONDS)

    async def _hello(self) -> None:
        lines = await self._ask(f"EHLO {NAME}", 250)
        # "AUTH=LOGIN" is how servers of old wrote it.
        words = [line.replace("=", " ", 1).partition(" ") for line in lines[1:]]
        self.offers = {name.upper(): rest for name, _, rest in words}

    async def _ask(self, line: str, *good: int) -> list[str]:
        await self._say(line)
        return await self._expect(*good)

    async def _say(self, line: str) -> None:
        if "\r" in line or "\n" in line:
            raise GarbledError
        self.writer.write(line.encode() + b"\r\n")
        async with asyncio.timeout(STEP_SECONDS):
            await self.writer.drain()

    async def _expect(self, *good: int, seconds: float = STEP_SECONDS) -> list[str]:
        async with asyncio.timeout(seconds):
            code, lines = await self._heard()
        if code not in good:
            raise AnsweredError(code)
        return lines

    async def _heard(self) -> tuple[int, list[str]]:
        lines: list[str] = []
        while len(lines) < MOST_LINES:
            try:
                raw = await self.reader.readuntil(b"\n")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as problem:
                raise GarbledError from problem
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            code = line[:3]
            if not (code.isascii() and code.isdigit()) or line[3:4] not in ("", " ", "-"):
                raise GarbledError
            lines.append(line[4:])
            if line[3:4] != "-":
                return int(code), lines
        raise GarbledError


@asynccontextmanager
async def conversation(addresses: Sequence[str], port: int, *, tls: ssl.SSLContext | None, name: str) -> AsyncIterator[Conversation]:
    """With the first address that answers; with `tls` from the first byte on. However it ends, the connection ends with it."""
    reader, writer = await _connected(addresses, port, tls, name)
    talk = Conversation(reader, writer)
    try:
        yield talk
    finally:
        # Not a farewell that would have to be waited for.
        talk.writer.transport.abort()
        writer.transport.abort()


async def _connected(addresses: Sequence[str], port: int, tls: ssl.SSLContext | None, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    trouble: OSError = ConnectionError("no address")
    for address in addresses[:3]:
        try:
            async with asyncio.timeout(STEP_SECONDS):
                return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name if tls else None, limit=MOST_LINE)
        except ssl.SSLError:
            raise
        except OSError as problem:
            trouble = problem
    raise trouble


def _as_data(mail: EmailMessage, *, utf8: bool) -> bytes:
    """The mail as DATA wants it: lines ending in CRLF, a point before one that begins with a point (§4.5.2)."""
    into = BytesIO()
    BytesGenerator(into, policy=SMTPUTF8 if utf8 else SMTP).flatten(mail)
    lines = into.getvalue().split(b"\r\n")
    if lines and not lines[-1]:
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


def _base64(text: bytes) -> str:
    return base64.b64encode(text).decode()
