"""E-mail by the company's own server: SMTP with TLS from the first byte or by STARTTLS (RFC 8314), to an address that was checked."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from typing import Final

from backend.notifications.senders.letters import Letter, OpenChannel, Outcome
from infra.outward import Outward, OutwardFailedError

STEP_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 30.0
# Threads of its own: servers that don't answer hold up nothing else that waits in threads.
_SENDING: Final = ThreadPoolExecutor(32, thread_name_prefix="smtp")


def write(letter: Letter, sender: str, sender_name: str, host: str) -> EmailMessage:
    """The mail: text and HTML, marked as written by a machine (RFC 3834), with an id that stays the same however often it is tried."""
    mail = EmailMessage()
    local, _, domain = sender.rpartition("@")
    mail["From"] = Address(sender_name, local, domain)
    to, _, where = letter.email.rpartition("@")
    mail["To"] = Address("", to, where)
    mail["Subject"] = letter.title
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.delivery_id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(f"{letter.text}\n\n{letter.link}\n")
    mail.add_alternative(letter.html, subtype="html")
    # Earlier it would go down into the first part.
    mail["Content-Language"] = letter.language
    return mail


class _Checked(smtplib.SMTP):
    """Speaks over a socket that leads to an address that was checked, and holds the server's certificate against its name."""

    def __init__(self, connected: socket.socket, name: str) -> None:
        super().__init__(timeout=STEP_SECONDS, local_hostname="suyuan")
        self._connected = connected
        self._host = name

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connected


async def send(letter: Letter, channel: OpenChannel, outward: Outward, host: str) -> Outcome:
    """Hand the mail to the company's server; whether it goes on from there isn't told to us."""
    settings = channel.settings
    mail = write(letter, settings.sender, settings.sender_name, host)
    addresses = await outward.addresses_of(settings.host, settings.port)
    line: list[socket.socket] = []
    talk = partial(_talk, line, addresses, channel, mail)
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(_SENDING, talk)
    except TimeoutError as problem:
        # The thread that waits is freed with it.
        for each in line:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        raise OutwardFailedError(f"The mail server took longer than {TOTAL_SECONDS:.0f} seconds.") from problem


def _talk(line: list[socket.socket], addresses: list[str], channel: OpenChannel, mail: EmailMessage) -> Outcome:
    host = channel.settings.host
    try:
        return _handed_over(line, addresses, channel, mail)
    except smtplib.SMTPRecipientsRefused as problem:
        return _answered(next((code for code, _ in problem.recipients.values()), 550))
    except smtplib.SMTPResponseException as problem:
        # A sign-in that is refused is the settings' fault, which somebody can put right before the attempts are over.
        sign_in = isinstance(problem, smtplib.SMTPAuthenticationError)
        return Outcome(False, f"The mail server refused the sign-in: {problem.smtp_code}.") if sign_in else _answered(problem.smtp_code)
    except ssl.SSLCertVerificationError as problem:
        return Outcome(False, f"The certificate of {host} can't be trusted: {problem.verify_message}.")
    except (smtplib.SMTPException, OSError, UnicodeError) as problem:
        if isinstance(problem, smtplib.SMTPNotSupportedError):
            return Outcome(False, "The mail server offers no STARTTLS, or no way to sign in.")
        return Outcome(False, f"The mail server didn't answer properly: {type(problem).__name__}.")
    finally:
        for each in line:
            each.close()


def _handed_over(line: list[socket.socket], addresses: list[str], channel: OpenChannel, mail: EmailMessage) -> Outcome:
    settings, context = channel.settings, ssl.create_default_context()
    connected = _connected(addresses, settings.port)
    line.append(connected)
    if settings.security == "tls":
        connected = context.wrap_socket(connected, server_hostname=settings.host)
        line.append(connected)
    with _Checked(connected, settings.host) as server:
        code, _ = server.connect(settings.host, settings.port)
        if code != 220:
            return _answered(code)
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.user:
            server.login(settings.user, channel.secrets.get("password", ""))
        server.send_message(mail)
    return Outcome(True, status=250)


def _connected(addresses: list[str], port: int) -> socket.socket:
    trouble: OSError = ConnectionError("no address")
    for address in addresses[:3]:
        try:
            return socket.create_connection((address, port), STEP_SECONDS)
        except OSError as problem:
            trouble = problem
    raise trouble


def _answered(code: int) -> Outcome:
    """RFC 5321 §4.2.1: 4xx may be tried again, 5xx will not be taken."""
    return Outcome(False, f"The mail server answered {code}.", code, hopeless=500 <= code < 600)
