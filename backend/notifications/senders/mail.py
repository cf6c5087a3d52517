"""E-mail by the company's own server: SMTP with TLS from the first byte or by STARTTLS (RFC 8314), to an address that was checked."""

import asyncio
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from backend.notifications.senders import smtp
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome
from infra.outward import Outward

# With what handing over may take besides less than the lease of an attempt, so that nobody else takes it up meanwhile.
TALK_SECONDS: Final = 25.0
_UNKNOWN: Final = (
    "The mail server was given the whole mail and didn't say whether it takes it. It may have come; it is tried again under the same Message-ID."
)


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


async def send(letter: Letter, channel: OpenChannel, outward: Outward, host: str) -> Outcome:
    """Hand the mail to the company's server; whether it goes on from there isn't told to us.

    However it ends, the connection is closed then: nothing goes out behind an attempt that has failed.
    """
    mail = write(letter, channel.settings.sender, channel.settings.sender_name, host)
    try:
        await _handed_over(letter.email, channel, mail, outward)
    except smtp.AnsweredError as problem:
        # A sign-in that is refused is the settings' fault, which somebody can put right before the attempts are over.
        refused = Outcome(False, f"The mail server refused the sign-in: {problem.code}.")
        return refused if problem.sign_in else _answered(problem.code)
    except (smtp.TroubleError, OSError, UnicodeError) as problem:
        return Outcome(False, _reason(problem, channel.settings.host))
    return Outcome(True, status=250)


async def _handed_over(to: str, channel: OpenChannel, mail: EmailMessage, outward: Outward) -> None:
    settings, context = channel.settings, ssl.create_default_context()
    async with asyncio.timeout(TALK_SECONDS) as patience:
        addresses = await outward.addresses_of(settings.host, settings.port)
        tls = context if settings.security == "tls" else None
        async with smtp.conversation(addresses, settings.port, tls=tls, name=settings.host) as talk:
            await talk.greet()
            if settings.security == "starttls":
                await talk.secure(context, settings.host)
            if settings.user:
                await talk.sign_in(settings.user, channel.secrets.get("password", ""))
            utf8 = await talk.announce(settings.sender, to)
            # What follows has its own limits, so that it is known on which side of the mail's end it was broken off.
            patience.reschedule(None)
            await talk.hand_over(mail, utf8=utf8)


def _reason(problem: Exception, host: str) -> str:
    match problem:
        case smtp.UnansweredError():
            return _UNKNOWN
        case smtp.UnsupportedError():
            return "The mail server offers no STARTTLS, no way to sign in that is known here, or no addresses beyond ASCII."
        case smtp.GarbledError():
            return "The mail server didn't answer properly: what it said is no SMTP, or it hung up."
        case ssl.SSLCertVerificationError():
            return f"The certificate of {host} can't be trusted: {problem.verify_message}."
        case TimeoutError():
            return "The mail server took too long."
        case _:
            return f"The mail server didn't answer properly: {type(problem).__name__}."


def _answered(code: int) -> Outcome:
    """RFC 5321 §4.2.1: 4xx may be tried again, 5xx will not be taken."""
    return Outcome(False, f"The mail server answered {code}.", code, hopeless=500 <= code < 600)
