"""How many phones a person may be on at a time, and that those in the hall and the sessions in the office don't count together."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from backend.services import Services
from tenants import session_control
from tenants.permissions import Role
from tenants.service import Caller
from tests.conftest import PASSWORD
from tests.firms import Firm
from tests.handsets import colleague, enrolled, rows, with_badge

Bearer = Callable[..., Awaitable[dict[str, str]]]


async def test_the_shift_that_was_unused_for_longest_gives_way(
    services: Services, client: httpx.AsyncClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_control, "MAX_SHIFTS", 3)
    member = await colleague(services, firm)
    badge = await with_badge(services, firm, member)
    phones = [await enrolled(services, client, firm) for _ in range(4)]
    for phone in phones[:3]:
        assert (await phone.switch(badge=badge)).status_code == 200
    # The first one was used again after the others were opened.
    assert (await phones[0].renew(session=phones[0].session)).status_code == 200
    assert (await phones[3].switch(badge=badge)).status_code == 200
    assert [(await phone.ask("GET", "/auth/me")).status_code for phone in phones] == [200, 401, 200, 200]
    [ended] = await rows(services, firm, "select subject, actor, reason from audit_entry where tenant_id = $1 and action = 'session.ended'")
    assert ended == (f"session:{phones[1].session}", "Han Meimei", "too many sessions")
    # The phone itself goes on, and whoever takes it over is asked as ever.
    assert (await phones[1].renew()).status_code == 200


async def test_phones_and_other_sessions_are_counted_apart(
    services: Services, client: httpx.AsyncClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_control, "MAX_SHIFTS", 1)
    monkeypatch.setattr(session_control, "MAX_SESSIONS", 1)
    member = await colleague(services, firm, Role.LINE_LEAD)
    badge = await with_badge(services, firm, member)
    handset = await enrolled(services, client, firm)
    assert (await handset.switch(badge=badge)).status_code == 200
    tokens = await services.identity.sign_in(member.login, PASSWORD, caller=Caller(address="192.0.2.9"))
    assert (await handset.ask("GET", "/auth/me")).status_code == 200
    other = await enrolled(services, client, firm)
    assert (await other.switch(badge=badge)).status_code == 200
    assert (await handset.ask("GET", "/auth/me")).status_code == 401
    office = {"Authorization": f"Bearer {tokens.access_token}"}
    assert (await client.get("/auth/me", headers=office)).status_code == 200
    await services.identity.sign_in(member.login, PASSWORD, caller=Caller(address="192.0.2.9"))
    assert (await client.get("/auth/me", headers=office)).status_code == 401
    assert (await other.ask("GET", "/auth/me")).status_code == 200
