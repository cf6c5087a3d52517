"""A firm tells a customer of a recall, and is told of one: everything that notices keep, all of whose words are one word."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from backend.graphql.ids import global_id, uuid_of
from backend.recall_notices import answering, contacts, links, queueing, receiving, resending, rules
from backend.recall_notices import content as contents
from backend.recall_notices.content import Delivered, Lot
from backend.recall_notices.kinds import AnswerSource, ContactRole, NoticeKind, NoticeState
from backend.recall_notices.stored import Notice
from backend.recall_notices.tokens import NoticeToken
from backend.recalls import service as recalls
from backend.services import Services
from infra.clock import now
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants.principal import Principal

PARTY = "https://id.gs1.org/417/9506000134376"
URL = "http://suyuan.test"
NOTICE_LISTS = """query($case: ID!) {
  recallContacts(first: 5) { nodes { name partner { name } } } recallNoticePlan(caseId: $case) { own team }
  recallCustomers(caseId: $case, first: 5) { nodes { party partner { name } } } recallNoticeProgress(caseId: $case) { notices }
  recallNotices(caseId: $case, first: 4, filter: {waiting: false}) { nodes { partner { name } deliveries { name } links { receiver }
    lots(first: 3) { nodes { answer { note } } } answers(first: 3) { nodes { note } } } }
  receivedRecallNotices(first: 5, openOnly: false) { nodes { title lots(first: 3) { nodes { answer { note } } } } }
  recallConnections(first: 5) { nodes { company } }
}"""


async def a_notice(services: Services, principal: Principal, case: str, word: str) -> dict[str, str]:
    """A contact, a notice with its mail, link and answers, a plan; and a notice that another firm has sent, with what this one says of it.
    Gives their global ids, and the link."""
    case_id = uuid_of(case, "RecallCase")
    assert case_id is not None

    async def tell(tx: TenantTransaction) -> dict[str, str]:
        contact = await contacts.put_contact(
            tx, principal, contact_id=None, party=PARTY, name=word, email="canary@example.com", phone="110", language="zh", role=ContactRole.QUALITY
        )
        await contacts.set_plan(tx, principal, case_id, rules.Plan(answer_hours=9))
        lot = Lot(0, word, code=word, names={"zh": word}, quantity="5", uom="KGM", deliveries=(Delivered("s", word, quantity="5", uom="KGM"),))
        case_of_it = await recalls.case_by_id(tx, case_id)
        [notice] = await queueing.write(tx, case_of_it, [queueing.Part(PARTY, [lot])], version=9, kind=NoticeKind.FIRST)
        await resending.send_again(tx, principal, notice)
        link = await links.renew(tx, principal, notice, public_url=URL, keep=True)
        said = [rules.Said(1, found=Decimal(1), note=word, forwarded_to=word)]
        await answering.by_link(tx, NoticeToken.in_link(link), said, name=word, address="192.0.2.9")
        await answering.by_staff(tx, principal, notice, said, source=AnswerSource.PHONE, said_by=word, said_at=None)
        return {"contact": global_id("RecallContact", contact), "notice": global_id("RecallNotice", notice), "notice link": link}

    async def be_told(tx: TenantTransaction) -> dict[str, str]:
        connection, sent = uuid7(), _notice(word)
        received = await receiving.take(
            tx, principal, connection_id=connection, sender_id=uuid7(), sender=word, party=PARTY, notices=[sent], opened=sent.notice_id
        )
        await receiving.answer(tx, principal, received, [rules.Said(1, found=Decimal(1), note=word)])
        return {"received": global_id("ReceivedRecallNotice", received), "connection": global_id("RecallConnection", connection)}

    told = await services.in_tenant(principal.tenant_id, tell)
    return told | await services.in_tenant(principal.tenant_id, be_told)


def _notice(word: str) -> Notice:
    """As another firm has it."""
    lot = Lot(1, word, code=word, names={"zh": word}, quantity="5", uom="KGM")
    text = contents.encode(contents.Content(word, word, word, word, {"zh": word}, sender=word, lots=(lot,)))
    at, nothing = now(), None
    return Notice(
        uuid7(), UUID(int=9), 1, NoticeKind.FIRST, PARTY, NoticeState.SENT, False, "zh", text, 1, at, at + timedelta(days=3), at, nothing, nothing,
        nothing, nothing, nothing, nothing, 0, nothing, nothing,
    )  # fmt: skip
