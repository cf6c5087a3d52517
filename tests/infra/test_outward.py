"""The guard of outward calls: where they never lead, that what was checked is what is called, and that nobody makes them wait or swallow."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import outward as module
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError, is_public
from infra.settings import Environment, Settings
from tests.security.corpora import LISTS, files, texts
from tests.shared_data import SHARED_DATA
from tests.subscriptions.receiver import receiving

# One address each of what must never be called.
INSIDE = (
    "0.0.0.0",  # noqa: S104 - never called
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.1.2.3", "168.63.129.16", "169.254.169.254", "169.254.0.23",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e")
# What parsers of addresses have been talked into.
TRICKS = (
    "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/stat",
    "https:/hooks.example.com/", "https:hooks.example.com", "//hooks.example.com/", "javascript:alert(1)", "https://", "https:///path", "https://?x",
    "https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://127.1/",
    "https://127.0.1/", "https://127.0.0.1./", "https://127.0.0.01/", "https://1.2.3/", "https://0/", "https://[::]/", "https://[::1]/",
    "https://[::ffff:7f00:1]/", "https://[0:0:0:0:0:ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1/",
    "https://[127.0.0.1]/", "https://[v1.x]/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://ⓛocalhost/", "https://loc\u00adalhost/",
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://metadata/", "https://metadata.google.internal/",
    "https://printer.local/", "https://router.lan/", "https://1.0.0.127.in-addr.arpa/", "https://x.onion/", "https://db.internal/",
    "https://user@hooks.example.com/", "https://user:pass@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1@hooks.example.com/", "https://hooks.example.com#@127.0.0.1/", "https://hooks.example.com/#x",
    "https://hooks.example.com\\@127.0.0.1/", "https:\\\\127.0.0.1\\", "https://hooks.example.com%00.evil/", "https://hooks.example.com%2f@127.0.0.1/",
    "https://hooks.example.com:22/", "https://hooks.example.com:25/", "https://hooks.example.com:0/", "https://hooks.example.com:80/",
    "https://hooks.example.com:65536/", "https://hooks.example.com:-1/", "https://hooks.example.com:/", "https://hooks.example.com: 443/",
    "https://hooks.example.com:443:22/", "https://hooks .example.com/", "https://hooks.example.com/a b", "https://hooks.example.com/\r\nX: y",
    "https://hooks.example.com/\x00", "https://hooks.example.com\t/", " https://hooks.example.com/", "https://-hooks.example.com/",
    "https://hooks..example.com/", "https://.example.com/", "https://hooks.example.com./", f"https://{'a' * 64}.example.com/",
    "https://hooks.example.com/" + "a" * 2_000, "https://example/", "https://hooks.example.1/", "https://*.example.com/", "",
)  # fmt: skip
_URL = re.compile(r"[a-z]+:/*[^\s\"'<>]+", re.IGNORECASE)


class Asked:
    """A resolver that knows one answer, and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.names: list[tuple[str, int]] = []

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        self.names.append((name, port))
        if not self.answers:
            raise socket.gaierror(-2, "Name or service not known")
        return self.answers


@pytest.mark.parametrize("address", INSIDE)
async def test_no_address_inside_is_called_by_number_or_by_name(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    asked = Asked(address)
    outward = Outward(resolve_name=asked)
    literal = f"https://[{address}]/" if ":" in address else f"https://{address}/"
    with pytest.raises(OutwardRefusedError):
        await outward.post(literal, b"", {})
    assert asked.names == []
    with pytest.raises(OutwardRefusedError, match=r"hooks\.example\.com isn't on the public internet"):
        await outward.post("https://hooks.example.com/", b"", {})


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    Outward().check(f"https://[{address}]:8443/hook?a=b" if ":" in address else f"https://{address}/hook")


@pytest.mark.parametrize("url", TRICKS)
async def test_no_trick_of_writing_leads_anywhere(url: str) -> None:
    asked = Asked("8.8.8.8")
    with pytest.raises(OutwardRefusedError):
        await Outward(resolve_name=asked).post(url, b"", {})
    assert asked.names == []


@pytest.mark.parametrize("url", ["https://hooks.example.com/a?b=c&d=%E6%BA%AF", "https://HOOKS.Example.com:8443", "https://xn--fsq.xn--fiqs8s/x"])
def test_what_is_written_properly_is_taken(url: str) -> None:
    assert Outward().check(url) == url


async def test_a_name_with_one_address_inside_is_refused_as_a_whole() -> None:
    for answers in (("8.8.8.8", "127.0.0.1"), ("::ffff:8.8.8.8",), ("8.8.8.8", "fe80::1%eth0"), ("8.8.8.8", "no address")):
        with pytest.raises(OutwardRefusedError):
            await Outward(resolve_name=Asked(*answers)).addresses_of("hooks.example.com", 443)
    assert await Outward(resolve_name=Asked(*PUBLIC)).addresses_of("hooks.example.com", 443) == list(PUBLIC)


async def test_a_name_is_asked_for_once_and_the_checked_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked twice, a name could be public for the check and inside for the call."""
    called: list[str] = []

    async def connect(_self: object, host: str, port: int, *_: object, **__: object) -> None:
        called.append(f"{host}:{port}")
        raise httpcore.ConnectError("refused")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    asked = Asked("93.184.216.34", "2606:4700:4700::1111")
    with pytest.raises(OutwardFailedError):
        await Outward(resolve_name=asked).post("https://hooks.example.com/x", b"", {})
    assert asked.names == [("hooks.example.com", 443)]
    assert called == ["93.184.216.34:443", "2606:4700:4700::1111:443"]


async def test_a_name_that_nobody_knows_is_told() -> None:
    with pytest.raises(OutwardFailedError, match=r"The name hooks\.example\.com isn't known"):
        await Outward(resolve_name=Asked()).post("https://hooks.example.com/", b"", {})


def payloads() -> list[str]:
    """Every text of the shared lists, and every address within one or in a hostile file."""
    given = [text for name in LISTS for text in texts(name)]
    for folder in ("xml", "images-active-content", "uploads"):
        given += [path.read_bytes().decode("latin-1") for path in files(folder)]
    found = {address for text in given for address in _URL.findall(text)}
    return sorted({text for text in given if len(text) < 5_000} | found | {f"https://{text}" for text in given if len(text) < 500})


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared test material isn't at hand")
async def test_no_text_of_the_hostile_corpora_leads_inside() -> None:
    """Whatever a text looks like: refused, or a plain public name is asked for, and refused for where it leads."""
    tried = payloads()
    assert len(tried) > 2_000
    for text in tried:
        asked = Asked("169.254.169.254")
        with pytest.raises(OutwardRefusedError):
            await Outward(resolve_name=asked).post(text, b"", {})
        for name, port in asked.names:
            parts = urlsplit(text)
            assert (name, port) == (parts.hostname, parts.port or 443), text
            assert re.fullmatch(r"[a-z0-9._-]+\.[a-z0-9-]+", name), text


@given(st.text(max_size=60))
async def test_any_text_is_refused_or_asks_for_its_own_name(text: str) -> None:
    asked = Asked("10.0.0.1")
    for url in (text, f"https://{text}"):
        with pytest.raises(OutwardRefusedError):
            await Outward(resolve_name=asked).post(url, b"", {})


@given(st.ip_addresses())
def test_what_is_public_is_global_by_every_account(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not any((address.is_private, address.is_loopback, address.is_link_local, address.is_multicast, address.is_reserved))


async def test_an_answer_is_read_up_to_its_bound_and_no_redirect_is_followed() -> None:
    async with receiving() as receiver:
        outward = Outward(plain_http=True, loopback=True)
        receiver.answer = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 300_000
        answer = await outward.post(receiver.url(), b"hello", {"Content-Type": "text/plain"})
        assert (answer.status, len(answer.body)) == (200, module.MOST_ANSWER_BYTES)
        assert (receiver.received[0].body, receiver.received[0].headers["host"]) == (b"hello", f"127.0.0.1:{receiver.port}")
        receiver.answer = lambda _: 307
        assert (await outward.post(receiver.url(), b"", {})).status == 307
        assert len(receiver.received) == 2


async def test_silence_and_a_trickle_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            pass
        finally:
            writer.close()

    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.5)
    outward = Outward(plain_http=True, loopback=True)
    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    with pytest.raises(OutwardFailedError, match="No answer within"):
        await outward.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"", {})
    server.close()
    async with receiving() as receiver:
        receiver.answer = lambda _: None
        with pytest.raises(OutwardFailedError, match="No answer within"):
            await outward.post(receiver.url(), b"", {})


async def test_loopback_and_plain_http_are_for_machines_of_ones_own(settings: Settings) -> None:
    assert Outward.of(settings).check("http://127.0.0.1:9000/") == "http://127.0.0.1:9000/"
    with pytest.raises(OutwardRefusedError):
        Outward.of(settings).check("http://10.0.0.1:9000/")
    production = settings.model_copy(update={"environment": Environment.PRODUCTION, "outward_loopback": False})
    for url in ("http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/"):
        with pytest.raises(OutwardRefusedError):
            Outward.of(production).check(url)
