"""What mails to consumers say: the question whether they want to be told, and the news of a recall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.catalog.languages import name_in
from backend.consumers import bells, repository
from backend.consumers.repository import Mail
from backend.consumers.tokens import ConsumerKeys, Link, LinkUse
from backend.consumers.words import WORDS, Words
from backend.history import recalled
from backend.history.addresses import home_of
from backend.history.document import History, Recalled, RecallNotice
from backend.history.negotiation import Language
from backend.history.recall_publisher import notice_of
from backend.history.recall_view import headline_of, instructions_of
from backend.history.service import ToldRecall
from backend.history.words import WORDS as PAGE_WORDS
from backend.notifications.kinds import Urgency
from backend.notifications.outside import Letter
from backend.recalls import service as recalls
from infra import clock
from infra.database import Record, TenantTransaction

ASK_PATH: Final = "/tell-me"
_LONGEST_TITLE: Final = 120


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whose mails they are, with what links begin with."""

    name: str
    public_id: UUID
    home: str


@dataclass(frozen=True, slots=True)
class _To:
    """Whom a mail goes to, and about which goods; `link` opens what it is for."""

    mail: Mail
    row: Record
    email: str
    sender: _Sender
    product: str
    link: str
    language: Language

    @property
    def goods(self) -> str:
        """What the mail is about."""
        words = WORDS[self.language]
        return f"{words.product}: {self.product}\n{words.lot}: {self.row['lot'] or words.whole_product}\nGTIN: {self.row['gtin']}"


async def write_all(tx: TenantTransaction, mails: Sequence[Mail], keys: ConsumerKeys, public_url: str) -> Mapping[UUID, Letter]:
    """By mail; none for who doesn't want it any more, whose address can't be read, or where there is nothing to tell any more."""
    watches = await repository.watches(tx, [mail.watch_id for mail in mails])
    company = await repository.company(tx)
    if company is None:
        return {}
    sender = _Sender(company["name"], company["public_id"], home_of(company["slug"], public_url))
    names = {gtin: dict(product.names) for gtin, product in (await catalog.products_by_gtin(tx, {row["gtin"] for row in watches.values()})).items()}
    cases = {UUID(mail.reference) for mail in mails if not mail.reference.startswith(bells.CONFIRM)}
    notices = {case_id: await notice_of(tx, await recalls.case_by_id(tx, case_id)) for case_id in cases}
    written = {}
    for mail in mails:
        row = watches.get(mail.watch_id)
        email = keys.opened(tx.tenant_id, mail.watch_id, row["key_id"], row["email"]) if row is not None else None
        asking = mail.reference.startswith(bells.CONFIRM)
        if row is None or email is None or asking is bool(row["confirmed_at"]):
            continue
        language = Language(row["language"])
        product = name_in(names.get(row["gtin"], {}), language) or row["gtin"]
        link = keys.link(Link(sender.public_id, mail.watch_id, LinkUse.CONFIRM if asking else LinkUse.STOP))
        to = _To(mail, row, email, sender, product, link, language)
        if asking:
            written[mail.mail_id] = _question(to)
            continue
        case_id = UUID(mail.reference)
        reach = await _reach(tx, case_id, row)
        if reach is not None:
            written[mail.mail_id] = _news(to, ToldRecall(reach, notices[case_id]))
    return written


async def _reach(tx: TenantTransaction, case_id: UUID, row: Record) -> Recalled | None:
    """How a recall reaches what somebody has asked for."""
    if not row["lot"]:
        found = (await recalled.of_products(tx, [row["gtin"]])).get(row["gtin"], ())
    else:
        found = await recalled.of_key(tx, row["key"])
    return next((each for each in found if each.case == str(case_id)), None)


def _question(to: _To) -> Letter:
    words = WORDS[to.language]
    text = words.confirm_text.format(company=to.sender.name, goods=to.goods)
    address = f"{to.sender.home}{ASK_PATH}/confirm/{to.link}?lang={to.language}"
    return _letter(to, words.confirm_title.format(product=to.product), [text], [(words.confirm_link, address)])


def _news(to: _To, told: ToldRecall) -> Letter:
    words, page_words, notice = WORDS[to.language], PAGE_WORDS[to.language].recall, told.notice
    lot = to.row["lot"]
    headline = headline_of(History(gtin=to.row["gtin"], lot=lot or None), told, page_words)
    parts = [words.recall_text.format(company=to.sender.name, goods=to.goods, headline=headline)]
    if told.reach.lots:
        parts.append(f"{page_words.lots}: {', '.join(told.reach.lots)}{' …' if told.reach.more else ''}")
    if notice.hazard:
        parts.append(f"{words.hazard}: {notice.hazard}")
    parts += [f"{words.what_to_do}: {instructions_of(notice, page_words, to.language)}", _ways(notice, words)]
    page, stop = f"{to.sender.home}/{to.row['key']}?lang={to.language}", f"{to.sender.home}{ASK_PATH}/stop/{to.link}?lang={to.language}"
    title = words.recall_title.format(product=to.product) + (f" · {words.lot} {lot}" if lot else "")
    return _letter(to, title, parts, [(words.recall_link, page), (words.stop_link, stop)], unsubscribe=stop)


def _ways(notice: RecallNotice, words: Words) -> str:
    ways = ((words.call, notice.phone), (words.mail, notice.email), (words.number, notice.number))
    return "\n".join(f"{label}: {value}" for label, value in ways if value)


def _letter(to: _To, title: str, parts: Sequence[str], links: Sequence[tuple[str, str]], *, unsubscribe: str = "") -> Letter:
    """Text and the same as HTML; the first link is the one that mail programs show."""
    # What a company wrote may have line breaks, which a subject can't.
    subject = " ".join(title.split())[:_LONGEST_TITLE]
    others = [f"{label}: {address}" for label, address in links[1:]]
    html = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts)
    html += "".join(f'<p><a href="{escape(address)}">{escape(label)}</a></p>' for label, address in links)
    return Letter(
        delivery_id=to.mail.mail_id, title=subject, text="\n\n".join([*parts, *others, f"{links[0][0]}:"]), markdown="",
        html=f'<!doctype html><html lang="{to.language.tag}"><meta charset="utf-8"><body>{html}</body></html>', link=links[0][1],
        language=to.language.tag, urgency=Urgency.NORMAL, topic="recall", subject=to.mail.reference, at=clock.now(), email=to.email,
        unsubscribe=unsubscribe,
    )  # fmt: skip
