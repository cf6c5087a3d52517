"""The use cases of those who keep contacts for recalls and the plan of reminders; and who has no contact."""

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Final
from uuid import UUID

import msgspec

from backend.identifiers import parse_identifier
from backend.nonconformance.texts import text_of
from backend.notifications.configurations import EMAIL
from backend.recall_notices import contact_repository as repository
from backend.recall_notices import rules
from backend.recall_notices.errors import RecallContactNotFoundError, TooManyRecallContactsError
from backend.recall_notices.kinds import ContactRole
from backend.recall_notices.rules import Plan
from backend.recall_notices.stored import Contact
from backend.shifts import service as shifts
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_CONTACTS: Final = 20
LANGUAGES: Final = ("zh", "en")
COMPANY: Final = "company"
_PHONE: Final = re.compile(r"[0-9+()/. \-]{3,40}")


async def put_contact(
    tx: TenantTransaction, principal: Principal, *, contact_id: UUID | None, party: str, name: str, email: str, phone: str, language: str,
    role: ContactRole,
) -> UUID:  # fmt: skip
    """A new contact of a partner, or other words for one. `party` in any form of an identifier, in the catalogue or not.

    Raises `RecallContactNotFoundError`, `TooManyRecallContactsError`, `InvalidInputError` naming the field.
    """
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    former = await _found(tx, contact_id) if contact_id is not None else None
    uri, name, email, phone = parse_identifier(party).uri, text_of(name, "name", 100), email.strip(), phone.strip()
    if email and not EMAIL.fullmatch(email):
        raise InvalidInputError("This is no e-mail address, such as quality@example.com.", field="email")
    if phone and not _PHONE.fullmatch(phone):
        raise InvalidInputError("A telephone number has digits, spaces and + ( ) / . -, at most 40 of them.", field="phone")
    if not email and not phone:
        raise InvalidInputError("Give an e-mail address or a telephone number: else nobody can be told.", field="email")
    if language not in LANGUAGES:
        raise InvalidInputError("Notices are written in zh or en.", field="language")
    if former is None or former.party != uri:
        if len(await repository.of_parties(tx, [uri])) >= MOST_CONTACTS:
            raise TooManyRecallContactsError(MOST_CONTACTS)
    owner = contact_id or uuid7()
    await repository.put(tx, owner, party=uri, name=name, email=email, phone=phone, language=language, role=int(role), at=clock.now())
    action = "recall_contact.changed" if former is not None else "recall_contact.created"
    after = {"party": uri, "name": name, "email": email, "phone": phone, "language": language, "role": role.name.lower()}
    await audit.record(tx, principal, action, f"recall_contact:{owner}", before=_told(former) if former else None, after=after)
    return owner


async def remove_contact(tx: TenantTransaction, principal: Principal, contact_id: UUID) -> None:
    """Notices go there no more; those that were sent stay. Raises `RecallContactNotFoundError`."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    former = await _found(tx, contact_id)
    await repository.archive(tx, contact_id, clock.now())
    await audit.record(tx, principal, "recall_contact.removed", f"recall_contact:{contact_id}", before=_told(former))


async def _found(tx: TenantTransaction, contact_id: UUID) -> Contact:
    rows = await repository.by_ids(tx, [contact_id])
    if not rows:
        raise RecallContactNotFoundError
    return Contact.from_row(rows[0])


def _told(contact: Contact) -> dict[str, str]:
    return {
        "party": contact.party, "name": contact.name, "email": contact.email, "phone": contact.phone, "language": contact.language,
        "role": contact.role.name.lower(),
    }  # fmt: skip


async def contacts_by_id(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Those of these that are in use."""
    return {row["contact_id"]: Contact.from_row(row) for row in await repository.by_ids(tx, ids)} if ids else {}


async def contacts_of(tx: TenantTransaction, parties: Collection[str]) -> dict[str, list[Contact]]:
    """The contacts of partners, oldest first; who has none is missing."""
    found: dict[str, list[Contact]] = defaultdict(list)
    for row in await repository.of_parties(tx, parties) if parties else ():
        found[row["party"]].append(Contact.from_row(row))
    return dict(found)


async def page_of_contacts(tx: TenantTransaction, *, party: str | None, cursor: UUID | None, backward: bool, limit: int) -> list[Contact]:
    """Contacts, newest first, from behind the cursor, in the order of going."""
    return [Contact.from_row(row) for row in await repository.page(tx, party=party, cursor=cursor, backward=backward, limit=limit)]


def key_of(case_id: UUID | None) -> str:
    """Under which key a plan is stored."""
    return f"case:{case_id}" if case_id is not None else COMPANY


async def plan_for(tx: TenantTransaction, case_id: UUID | None) -> tuple[Plan, bool]:
    """The plan in force, and whether it is the case's own: else it is the company's, else the house's."""
    rows = {row["plan_key"]: row["definition"] for row in await repository.plans(tx, [key_of(case_id), COMPANY])}
    own = rows.get(key_of(case_id))
    definition = own or rows.get(COMPANY)
    return msgspec.json.decode(definition, type=Plan) if definition else Plan(), own is not None


async def set_plan(tx: TenantTransaction, principal: Principal, case_id: UUID | None, plan: Plan) -> None:
    """Another plan, for notices that are written from now on. Whether the case exists is for the caller to ask."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    checked = rules.check_plan(plan)
    if checked.team:
        await shifts.require_receiver(tx, checked.team, field="team")
    former, own = await plan_for(tx, case_id)
    await repository.put_plan(tx, key_of(case_id), msgspec.json.encode(checked).decode(), clock.now())
    subject = f"recall:{case_id}" if case_id is not None else "recall_notice_plan:company"
    before = msgspec.to_builtins(former) if own else None
    await audit.record(tx, principal, "recall_notice.plan_set", subject, before=before, after=msgspec.to_builtins(checked))
