"""E-mail against a real SMTP server: over TLS and STARTTLS, signed in, and what the server's answers mean."""

import asyncio
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any, cast
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backend.notifications.configurations import Mail
from backend.notifications.kinds import ChannelKind, Urgency
from backend.notifications.senders import mail, smtp
from backend.notifications.senders.letters import Letter, OpenChannel
from infra.outward import Outward
from tests.notifications.conftest import PUT_CHANNEL, Desk


@dataclass
class Post:
    """Takes mail for those who sign in."""

    answer: str = "250 OK"
    # How long it thinks about a mail.
    seconds: float = 0
    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        await asyncio.sleep(self.seconds)
        return self.answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: Any, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"suyuan", b"pass word")
        return AuthResult(success=right, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine's, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    moment = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1)).not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("mail") / "both.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + built.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@contextmanager
def post_office(certificate: Path, *, tls: bool) -> Iterator[Post]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    post = Post()

    lines: list[SMTP] = []

    def serve() -> SMTP:
        starttls: dict[str, Any] = {} if tls else {"tls_context": context, "require_starttls": True}
        with warnings.catch_warnings():
            # It takes a sign-in without STARTTLS for one without TLS.
            warnings.simplefilter("ignore", UserWarning)
            lines.append(SMTP(post, hostname="mail", auth_required=True, authenticator=post.authenticate, auth_require_tls=not tls, **starttls))
        return lines[-1]

    # In a thread and an event loop of its own, as a server elsewhere.
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    begun = loop.create_server(serve, "127.0.0.1", 0, ssl=context if tls else None)
    server = asyncio.run_coroutine_threadsafe(begun, loop).result()
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server, lines), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(server: asyncio.Server, lines: list[SMTP]) -> None:
    server.close()
    for each in lines:
        if each.transport is not None:
            cast(asyncio.WriteTransport, each.transport).abort()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0.05)


def settings(post: Post, security: str, **more: Any) -> dict[str, Any]:
    given = {"host": "127.0.0.1", "port": post.port, "security": security, "user": "suyuan"}
    return {**given, "sender": "alerts@example.com", "sender_name": "溯源 Alerts", **more}


PASSWORD = {"password": "pass word"}


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_mail_comes_whole_and_says_that_a_machine_wrote_it(desk: Desk, certificate: Path, trusted: None, security: str) -> None:
    with post_office(certificate, tls=security == "tls") as post:
        await desk.channel("EMAIL", settings(post, security), PASSWORD)
        await desk.person(email="qm@example.com", language="en")
        await desk.alert(detail={"note": "<script>alert(1)</script>\r\nBcc: all@example.com"})
        await desk.work()
        [sent] = await desk.deliveries()
        assert (sent["state"], sent["reason"]) == ("SENT", None)
        [came] = post.mails
    assert (came["To"], came["From"]) == ("qm@example.com", "溯源 Alerts <alerts@example.com>")
    assert came["Subject"] == "Critical: a limit was exceeded, urn:x:thing"
    assert (came["Auto-Submitted"], came["Bcc"], came["Content-Language"]) == ("auto-generated", None, "en")
    [row] = [each for each in await desk.rows("notification_delivery") if each["channel_id"] is not None]
    assert came["Message-ID"] == f"<{row['delivery_id']}@suyuan.test>"
    plain, rich = came.get_body(("plain",)), came.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert "urn:x:thing" in plain.get_content()
    assert "http://suyuan.test/alerts/" in plain.get_content()
    assert "<script>" not in rich.get_content()
    assert "&lt;script&gt;" in rich.get_content()


@pytest.mark.parametrize(
    ("answered", "state", "reason"),
    [
        ("550 no such user", "DEAD", "The mail server answered 550."), ("451 later", "FAILED", "The mail server answered 451."),
        ("garbage", "FAILED", mail._UNKNOWN),
    ],
)  # fmt: skip
async def test_what_the_server_answers_decides(desk: Desk, certificate: Path, trusted: None, answered: str, state: str, reason: str) -> None:
    with post_office(certificate, tls=True) as post:
        post.answer = answered
        await desk.channel("EMAIL", settings(post, "tls"), PASSWORD)
        await desk.person(email="qm@example.com")
        await desk.alert()
        await desk.work()
        [told] = await desk.deliveries()
        assert (told["state"], told["reason"]) == (state, reason)
        if state == "FAILED":
            post.answer = "250 OK"
            await desk.later(timedelta(hours=1))
            assert (await desk.deliveries())[0]["state"] == "SENT"
            assert post.mails[0]["Message-ID"] == post.mails[-1]["Message-ID"]


async def test_a_server_without_a_trusted_certificate_gets_nothing(desk: Desk, certificate: Path) -> None:
    with post_office(certificate, tls=True) as post:
        await desk.channel("EMAIL", settings(post, "tls"), PASSWORD)
        await desk.person(email="qm@example.com")
        await desk.alert()
        await desk.work()
        [told] = await desk.deliveries()
        assert (told["state"], post.mails) == ("FAILED", [])
        assert told["reason"].startswith("The certificate of 127.0.0.1 can't be trusted")


async def test_a_wrong_password_is_told_and_put_right(desk: Desk, certificate: Path, trusted: None) -> None:
    with post_office(certificate, tls=False) as post:
        channel = await desk.channel("EMAIL", settings(post, "starttls"), {"password": "wrong"})
        await desk.person(email="qm@example.com")
        await desk.alert()
        await desk.work()
        assert (await desk.deliveries())[0]["reason"] == "The mail server refused the sign-in: 535."
        given = {"id": channel, "kind": "EMAIL", "name": "x", "settings": settings(post, "starttls"), "secrets": PASSWORD}
        await desk.keeper.put(PUT_CHANNEL, given)
        await desk.later(timedelta(minutes=5))
        assert (await desk.deliveries())[0]["state"] == "SENT"


def to(port: int, text: str = "x") -> tuple[Letter, OpenChannel]:
    """A mail to a server on this machine, of a tenant of its own."""
    letter = Letter(uuid4(), "t", text, "", "<p>x</p>", "http://x", "en", Urgency.NORMAL, "", "", datetime.now(UTC), email="qm@example.com")
    where = Mail(host="127.0.0.1", port=port, security="tls", user="suyuan", sender="alerts@example.com", sender_name="x")
    return letter, OpenChannel(1, uuid4(), ChannelKind.EMAIL, where, PASSWORD)


async def test_a_server_that_takes_a_mail_and_says_nothing_is_told_as_what_it_is(
    certificate: Path, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 0.3)
    with post_office(certificate, tls=True) as post:
        post.seconds = 5
        letter, channel = to(post.port)
        outcome = await mail.send(letter, channel, Outward(loopback=True), "suyuan.test")
        assert (outcome.taken, outcome.hopeless, outcome.reason) == (False, False, mail._UNKNOWN)
        assert len(post.mails) == 1


async def test_servers_that_hang_keep_nobody_from_sending_and_are_left_with_nothing(certificate: Path, trusted: None) -> None:
    ended = asyncio.Queue[bytes]()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = b""
        with suppress(OSError):
            while part := await reader.read(1_000):
                heard += part
        ended.put_nowait(heard)
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    secure = await asyncio.start_server(hang, "127.0.0.1", 0, ssl=context)
    outward = Outward(loopback=True)
    waiting = [
        asyncio.create_task(mail.send(*to(each.sockets[0].getsockname()[1]), outward, "suyuan.test")) for each in (server, secure) for _ in range(40)
    ]
    await asyncio.sleep(0.5)
    with post_office(certificate, tls=True) as post:
        letter, channel = to(post.port, text=".\r\n.. begins with points\r\n")
        outcome = await asyncio.wait_for(mail.send(letter, channel, outward, "suyuan.test"), 10)
        assert (outcome.taken, outcome.status) == (True, 250)
        body = post.mails[0].get_body(("plain",))
        assert body is not None
        assert body.get_content().startswith(".\r\n.. begins with points\r\n")
    for sending in waiting:
        sending.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    # Broken off, each is closed at once: nothing more is said behind the attempt.
    heard = [await asyncio.wait_for(ended.get(), 10) for _ in range(40)]
    assert not any(b"MAIL FROM" in each for each in heard)
    for listening in (server, secure):
        listening.close()
