"""The one guard for calls to addresses that users gave: where they may lead, how long they may take, how much of an answer is read.

An address is resolved once for each call; every one that the name stands for must be public, and the connection goes to the address that was
checked, with the name in Host, SNI and certificate check. Redirects aren't followed, proxies of the environment aren't used.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from infra.errors import SuyuanError
from infra.settings import Settings

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 15.0
MOST_ANSWER_BYTES: Final = 20_000
MAX_URL: Final = 2_000
# Threads of its own: a name server that doesn't answer holds up nothing else that waits in threads.
_RESOLVING: Final = ThreadPoolExecutor(40, thread_name_prefix="resolve")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_NAME: Final = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_V4: Final = re.compile(r"(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}")
# Names that mean something inside a network only (RFC 6761, RFC 6762, RFC 8375, and what clouds use).
_INSIDE: Final = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion", "invalid", "test")
# Beside what isn't global by the registries of IANA: relays and translators, which lead to any address, and a cloud's metadata that is.
_REFUSED_NETWORKS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

_UNICAST: Final = ipaddress.IPv6Network("2000::/3")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class OutwardRefusedError(SuyuanError):
    """This service doesn't call such an address, whatever it is for."""

    code = "ADDRESS_REFUSED"
    status = 400


class OutwardFailedError(Exception):
    """The other side wasn't reached, or didn't answer properly in time; the text tells people why."""


@dataclass(frozen=True, slots=True)
class OutwardAnswer:
    """What came back: the status, the first bytes of the body, and when the other side wants to be called again, in its own words."""

    status: int
    body: bytes
    retry_after: str | None = None


async def resolve(name: str, port: int) -> Sequence[str]:
    """All addresses that a name stands for at this moment."""
    look_up = partial(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVING, look_up)
    return [str(entry[4][0]) for entry in found]


def is_public(address: Address) -> bool:
    """Whether an address is one that anybody on the internet may have, and nothing of this network or of the cloud it is in."""
    # Of IPv6 an eighth is given out so far (RFC 4291 §2.4); the rest has no owner, or is a way to somewhere else.
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _REFUSED_NETWORKS)


class Outward:
    """Calls in the name of users. `plain_http` and `loopback` are for machines of one's own, never for production."""

    def __init__(self, *, plain_http: bool = False, loopback: bool = False, resolve_name: Resolve = resolve) -> None:
        self._plain_http = plain_http
        self._loopback = loopback
        self._resolve = resolve_name

    @classmethod
    def of(cls, settings: Settings) -> "Outward":
        """As the settings have it."""
        return cls(plain_http=not settings.is_production, loopback=settings.outward_loopback)

    def check(self, url: str, *, field: str | None = None) -> str:
        """The address, if it could be called as far as its text tells. Raises `OutwardRefusedError` naming the field and the reason."""
        reason = self._reason(url)
        if reason is not None:
            raise OutwardRefusedError(f"This address can't be called: {reason}", field=field)
        return url

    def check_host(self, host: str, *, field: str | None = None) -> str:
        """The name of a server that speaks something else than HTTP, if it could be called. Raises `OutwardRefusedError` as `check` does."""
        reason = self._reason_of_host(host.lower(), host.lower())
        if reason is not None:
            raise OutwardRefusedError(f"This server can't be called: {reason}", field=field)
        return host.lower()

    async def get(self, url: str, headers: Mapping[str, str]) -> OutwardAnswer:
        """Ask for something. Raises as `post` does."""
        return await self._call("GET", url, b"", headers)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> OutwardAnswer:
        """Send a body. Raises `OutwardRefusedError` for where it would lead, `OutwardFailedError` where no answer came in time."""
        return await self._call("POST", url, content, headers)

    async def _call(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> OutwardAnswer:
        self.check(url)
        given = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        # A connection for each call: one that is kept would lead to an address that was checked long ago.
        async with httpcore.AsyncConnectionPool(network_backend=_Checked(self), max_connections=1, max_keepalive_connections=0) as pool:
            try:
                async with asyncio.timeout(TOTAL_SECONDS):
                    return await _exchange(pool, method, url, given, content)
            except TimeoutError as problem:
                raise OutwardFailedError(f"No answer within {TOTAL_SECONDS:.0f} seconds.") from problem
            except (httpcore.ConnectTimeout, httpcore.ReadTimeout, httpcore.WriteTimeout, httpcore.PoolTimeout) as problem:
                raise OutwardFailedError("The other side took too long.") from problem
            except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
                raise OutwardFailedError(_told(problem)) from problem

    async def addresses_of(self, host: str, port: int) -> list[str]:
        """The addresses behind a host, all of them checked. Raises `OutwardRefusedError`, `OutwardFailedError` for a name that isn't known."""
        try:
            found = [_parsed(text) for text in await self._resolve(host, port)]
        except (OSError, UnicodeError) as problem:
            raise OutwardFailedError(f"The name {host} isn't known.") from problem
        if not found or not all(address is not None and self._may_be(address) for address in found):
            raise OutwardRefusedError(f"This address can't be called: {host} isn't on the public internet.")
        return list(dict.fromkeys(str(address) for address in found))

    def _may_be(self, address: Address) -> bool:
        return is_public(address) or (self._loopback and address.is_loopback)

    def _reason(self, url: str) -> str | None:
        """Why an address can't be called, in words; None for one that may be tried."""
        if len(url) > MAX_URL or not _VISIBLE.fullmatch(url) or "\\" in url:
            return f"write it in at most {MAX_URL} visible ASCII characters, others percent-encoded or in punycode."
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return "it can't be read."
        if parts.scheme not in (("https", "http") if self._plain_http else ("https",)) or not url.lower().startswith(f"{parts.scheme}://"):
            return "it must begin with https://."
        if "@" in parts.netloc or parts.fragment or "#" in url:
            return "leave out name, password and fragment."
        if parts.netloc.endswith(":") or (port is not None and not self._is_port(port)):
            return "its port is none for web hooks: take 443, or one from 1024."
        return self._reason_of_host(parts.hostname or "", parts.netloc)

    def _is_port(self, port: int) -> bool:
        return port == 443 or port >= 1024 or (port == 80 and self._plain_http)

    def _reason_of_host(self, host: str, netloc: str) -> str | None:
        if netloc.startswith("[") or _V4.fullmatch(host):
            address = _parsed(host)
            return None if address is not None and self._may_be(address) else "it isn't on the public internet."
        if self._loopback and host == "localhost":
            return None
        if "[" in netloc or "%" in netloc or not _NAME.fullmatch(host):
            return "its host is no full name such as hooks.example.com."
        if host.rpartition(".")[2] in _INSIDE:
            return "its host is known inside of networks only."
        return None


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to what was resolved and checked, and to nothing else."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first address that answers."""
        trouble: Exception = OutwardFailedError(f"{host} has no address.")
        for address in (await self._outward.addresses_of(host, port))[:3]:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                trouble = problem
        raise trouble

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise OutwardRefusedError("This address can't be called: it is a socket of this machine.")

    async def sleep(self, seconds: float) -> None:
        """Between httpcore's own attempts."""
        await asyncio.sleep(seconds)


async def _exchange(pool: httpcore.AsyncConnectionPool, method: str, url: str, headers: list[tuple[bytes, bytes]], content: bytes) -> OutwardAnswer:
    timeouts = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": CONNECT_SECONDS}
    async with pool.stream(method, url, headers=headers, content=content, extensions={"timeout": timeouts}) as answer:
        body = b""
        async for part in answer.aiter_stream():
            body += part
            if len(body) >= MOST_ANSWER_BYTES:
                # What more there is isn't read: the connection is closed on it.
                break
        retry_after = next((value.decode("latin-1") for name, value in answer.headers if name.lower() == b"retry-after"), None)
        return OutwardAnswer(answer.status, body[:MOST_ANSWER_BYTES], retry_after)


def _parsed(text: str) -> Address | None:
    """An address; one with a zone belongs to a single link and is none."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _told(problem: Exception) -> str:
    text = str(problem) or type(problem).__name__
    return f"The connection failed: {text[:200]}"
