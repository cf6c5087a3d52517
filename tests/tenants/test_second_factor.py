"""One-time codes and recovery codes: the standard's vectors, set up, used once, sealed, renewed, removed, and limited."""

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from infra.clock import now
from infra.database import Database
from infra.errors import PermissionDeniedError
from infra.settings import Settings
from tenants.errors import (
    CodeRefusedError,
    PasswordTooShortAloneError,
    ProofRefusedError,
    SecondFactorMissingError,
    SecondFactorRequiredError,
    SecondFactorStateError,
    TooManyFailuresError,
)
from tenants.passwords import Passwords
from tenants.permissions import Role
from tenants.principal import ActorKind, Principal
from tenants.registration import add_membership
from tenants.second_factor import codes
from tenants.second_factor.sealing import Sealer, SecretUnreadableError
from tenants.second_factor.service import Factor
from tenants.service import Caller, Identity
from tests.signing import Authenticator
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

WRONG = "another password altogether"


@pytest.fixture
async def principal(identity: Identity, company: Company, caller: Caller) -> Principal:
    return (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal


@pytest.fixture
async def authenticator(identity: Identity, principal: Principal) -> Authenticator:
    """The app of somebody who has just set it up."""
    offer = await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    made = Authenticator(principal.actor_id, offer.secret)
    await identity.credentials.confirm_second_factor(principal, made.code())
    return made


async def stored(superuser: Superuser, principal: Principal) -> list[Any]:
    """All that is kept of a person's second factor and password."""
    factor = await superuser.fetch("select * from person_factor where person_id = $1", principal.actor_id)
    recovery = await superuser.fetch("select * from recovery_code where person_id = $1 order by code_sha256", principal.actor_id)
    person = await superuser.fetch("select * from person where person_id = $1", principal.actor_id)
    return [tuple(row) for row in (*factor, *recovery, *person)]


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238_appendix_b_in_six_digits(seconds: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    moment = datetime.fromtimestamp(seconds, UTC)
    assert codes.code_at(secret, codes.step_at(moment)) == code
    assert codes.matching_step(secret, code, moment, None) == seconds // 30


def test_a_code_is_good_one_step_before_and_after_and_no_further() -> None:
    secret, moment = codes.new_secret(), now()
    here = codes.step_at(moment)
    good = [step - here for step in range(here - 3, here + 4) if codes.matching_step(secret, codes.code_at(secret, step), moment, None) == step]
    assert good == [-1, 0, 1]


def test_a_code_up_to_the_last_step_that_was_taken_is_not_good_again() -> None:
    secret, moment = codes.new_secret(), now()
    here = codes.step_at(moment)
    good = [step - here for step in (here - 1, here, here + 1) if codes.matching_step(secret, codes.code_at(secret, step), moment, here) is not None]
    assert good == [1]


def test_the_address_for_the_app_names_account_and_issuer() -> None:
    uri = codes.otpauth_uri("ABCDEFGH" * 4, "li lei@example.com")
    assert uri == f"otpauth://totp/Suyuan:li%20lei%40example.com?secret={'ABCDEFGH' * 4}&issuer=Suyuan"
    assert codes.qr_code(uri).startswith("data:image/svg+xml;charset=utf-8,")


@pytest.mark.parametrize("given", [" 123 456 ", "１２３４５６", "123-456"])
def test_a_code_is_read_as_people_write_it(given: str) -> None:
    assert codes.is_one_time(codes.cleaned(given))


@pytest.mark.parametrize("given", ["", "12345", "1234567", "12345x", "١٢٣٤٥٦", "x" * 10_000])
def test_what_is_no_code_is_none(given: str) -> None:
    assert not codes.is_one_time(codes.cleaned(given))


def test_recovery_codes_are_ten_different_ones_of_80_bits() -> None:
    made = codes.new_recovery_codes()
    assert len(set(made)) == 10
    assert all(codes.is_recovery(codes.cleaned(code)) and len(code) == 19 for code in made)
    assert codes.recovery_sha256(made[0].lower().replace("-", " ")) == codes.recovery_sha256(made[0])


async def test_nothing_is_in_force_before_a_code_confirms_it(identity: Identity, company: Company, principal: Principal, caller: Caller) -> None:
    offer = await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    assert offer.uri == codes.otpauth_uri(offer.secret, company.login)
    assert offer.secret not in repr(offer)
    assert await identity.second_factors.is_set_up(principal.actor_id) is False
    assert (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal.second_factor_at is None
    with pytest.raises(CodeRefusedError):
        await identity.credentials.confirm_second_factor(
            principal, "000000" if codes.code_at(offer.secret, codes.step_at(now())) != "000000" else "1"
        )
    assert await identity.second_factors.is_set_up(principal.actor_id) is False


async def test_setting_up_needs_the_password(identity: Identity, principal: Principal, superuser: Superuser) -> None:
    before = await stored(superuser, principal)
    with pytest.raises(ProofRefusedError):
        await identity.credentials.offer_second_factor(principal, password=WRONG)
    assert await stored(superuser, principal) == before


async def test_only_the_last_offer_can_be_confirmed_and_not_for_ever(identity: Identity, principal: Principal, superuser: Superuser) -> None:
    with pytest.raises(SecondFactorStateError):
        await identity.credentials.confirm_second_factor(principal, "123456")
    first = await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    second = await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    with pytest.raises(CodeRefusedError):
        await identity.credentials.confirm_second_factor(principal, Authenticator(principal.actor_id, first.secret).code())
    await superuser.execute("update person_factor set created_at = now() - interval '16 minutes' where person_id = $1", principal.actor_id)
    with pytest.raises(SecondFactorStateError):
        await identity.credentials.confirm_second_factor(principal, Authenticator(principal.actor_id, second.secret).code())
    assert await identity.second_factors.is_set_up(principal.actor_id) is False


async def test_setting_up_is_told_on_the_trail_of_each_company_and_proves_the_session(
    identity: Identity, make_company: MakeCompany, caller: Caller, superuser: Superuser
) -> None:
    here, there = await make_company(), await make_company()
    await add_membership(identity, there.tenant, login=here.login, display_name="Lei (guest)", role=Role.WORKER)
    tokens = await identity.sign_in(here.login, PASSWORD, tenant_slug=here.tenant.slug, caller=caller)
    offer = await identity.credentials.offer_second_factor(tokens.principal, password=PASSWORD)
    await identity.credentials.confirm_second_factor(tokens.principal, Authenticator(tokens.principal.actor_id, offer.secret).code())
    entries = {
        row["tenant_id"]: (row["actor"], row["address"])
        for row in await superuser.fetch(
            "select * from audit_entry where action = 'second_factor.set_up' and actor_id = $1", tokens.principal.actor_id
        )
    }
    # The other company learns that, and not from where.
    assert entries == {here.tenant.tenant_id: ("李 Lei", caller.address), there.tenant.tenant_id: ("Lei (guest)", "")}
    principal = await identity.authenticate(tokens.access_token, caller=caller)
    assert principal.second_factor_at is not None
    assert principal.reauthenticated_at == principal.second_factor_at


async def test_a_second_factor_in_force_is_not_replaced(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser
) -> None:
    before = await stored(superuser, principal)
    with pytest.raises(SecondFactorStateError):
        await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    with pytest.raises(SecondFactorStateError):
        await identity.credentials.confirm_second_factor(principal, authenticator.code())
    await identity.second_factors.install(principal.actor_id, codes.new_secret())
    assert await stored(superuser, principal) == before


async def test_a_code_works_once(identity: Identity, principal: Principal, authenticator: Authenticator) -> None:
    code = authenticator.code()
    assert await identity.credentials.prove(principal, password=None, code=code) == (Factor.ONE_TIME_CODE,)
    with pytest.raises(ProofRefusedError):
        await identity.credentials.prove(principal, password=None, code=code)


async def test_of_two_who_use_a_code_at_once_one_gets_in(identity: Identity, principal: Principal, authenticator: Authenticator) -> None:
    code = authenticator.code()
    outcomes = await asyncio.gather(*(identity.credentials.prove(principal, password=None, code=code) for _ in range(4)), return_exceptions=True)
    assert sum(outcome == (Factor.ONE_TIME_CODE,) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ProofRefusedError) for outcome in outcomes) == 3


async def test_a_recovery_code_works_once_and_is_counted(identity: Identity, principal: Principal) -> None:
    offer = await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    app = Authenticator(principal.actor_id, offer.secret)
    made = await identity.credentials.confirm_second_factor(principal, app.code())
    assert (await identity.second_factors.status(principal.actor_id)).recovery_codes_left == 10
    assert await identity.credentials.prove(principal, password=None, code=made[3].lower()) == (Factor.RECOVERY_CODE,)
    assert (await identity.second_factors.status(principal.actor_id)).recovery_codes_left == 9
    with pytest.raises(ProofRefusedError):
        await identity.credentials.prove(principal, password=None, code=made[3])


async def test_renewed_recovery_codes_replace_the_former_ones(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser
) -> None:
    before = await stored(superuser, principal)
    for password, code in ((WRONG, authenticator.code()), (PASSWORD, "nonsense")):
        with pytest.raises(ProofRefusedError):
            await identity.credentials.renew_recovery_codes(principal, password=password, code=code)
    assert await stored(superuser, principal) == before
    made = await identity.credentials.renew_recovery_codes(principal, password=PASSWORD, code=authenticator.code())
    hashes = {row["code_sha256"] for row in await superuser.fetch("select code_sha256 from recovery_code where person_id = $1", principal.actor_id)}
    assert hashes == {codes.recovery_sha256(code) for code in made}


async def test_another_persons_code_is_worth_nothing(
    identity: Identity, authenticator: Authenticator, make_company: MakeCompany, caller: Caller
) -> None:
    other = await make_company()
    stranger = (await identity.sign_in(other.login, PASSWORD, caller=caller)).principal
    await identity.second_factors.install(stranger.actor_id, codes.new_secret())
    with pytest.raises(ProofRefusedError):
        await identity.credentials.prove(stranger, password=PASSWORD, code=authenticator.code())


async def test_who_has_none_is_told_to_set_one_up(identity: Identity, principal: Principal) -> None:
    with pytest.raises(SecondFactorMissingError, match="Set one up"):
        await identity.credentials.prove(principal, password=PASSWORD, code="123456")
    with pytest.raises(SecondFactorMissingError):
        await identity.second_factors.renew_recovery_codes(principal.actor_id)


async def test_a_machine_proves_nothing(identity: Identity, principal: Principal) -> None:
    with pytest.raises(PermissionDeniedError):
        await identity.credentials.prove(replace(principal, kind=ActorKind.CLIENT), password=PASSWORD, code=None)


async def test_removing_needs_both_and_takes_the_recovery_codes_along(
    identity: Identity, company: Company, principal: Principal, authenticator: Authenticator, superuser: Superuser, caller: Caller
) -> None:
    before = await stored(superuser, principal)
    with pytest.raises(ProofRefusedError):
        await identity.credentials.remove_second_factor(principal, password=WRONG, code=authenticator.code())
    assert await stored(superuser, principal) == before
    await identity.credentials.remove_second_factor(principal, password=PASSWORD, code=authenticator.code())
    assert await superuser.fetchval("select count(*) from recovery_code where person_id = $1", principal.actor_id) == 0
    assert await superuser.fetchval("select count(*) from person_factor where person_id = $1", principal.actor_id) == 0
    assert (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal.second_factor_at is None


async def test_a_short_password_keeps_its_second_factor(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser
) -> None:
    await identity.credentials.change_password(principal, current=PASSWORD, new="9 Kraniche")
    before = await superuser.fetch("select secret, confirmed_at from person_factor where person_id = $1", principal.actor_id)
    with pytest.raises(PasswordTooShortAloneError):
        await identity.credentials.remove_second_factor(principal, password="9 Kraniche", code=authenticator.code())
    assert await superuser.fetch("select secret, confirmed_at from person_factor where person_id = $1", principal.actor_id) == before
    assert await superuser.fetchval("select count(*) from recovery_code where person_id = $1", principal.actor_id) == 10


async def test_five_wrong_codes_in_five_minutes_are_the_last_from_wherever_they_come(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser, caller: Caller
) -> None:
    for number in range(5):
        elsewhere = replace(principal, address=f"198.51.100.{number}")
        with pytest.raises(ProofRefusedError):
            await identity.credentials.prove(elsewhere, password=PASSWORD, code="nonsense")
    with pytest.raises(TooManyFailuresError) as refusal:
        await identity.credentials.prove(principal, password=PASSWORD, code=authenticator.code())
    assert refusal.value.detail["retry_after"] == 300
    await superuser.execute("update sign_in_attempt set window_started_at = window_started_at - interval '5 minutes'")
    assert len(await identity.credentials.prove(principal, password=PASSWORD, code=authenticator.code())) == 2


async def test_lifting_a_block_lets_codes_be_tried_again(
    identity: Identity, company: Company, principal: Principal, authenticator: Authenticator
) -> None:
    for _ in range(5):
        with pytest.raises(ProofRefusedError):
            await identity.credentials.prove(principal, password=None, code="nonsense")
    await identity.throttle.lift(company.login)
    assert await identity.credentials.prove(principal, password=None, code=authenticator.code()) == (Factor.ONE_TIME_CODE,)


async def test_reauthentication_marks_this_session_for_ten_minutes(
    identity: Identity, company: Company, principal: Principal, authenticator: Authenticator, caller: Caller, superuser: Superuser
) -> None:
    await superuser.execute("update session set reauthenticated_at = null")
    with pytest.raises(SecondFactorRequiredError):
        await identity.credentials.reauthenticate(principal, password=PASSWORD, code=None)
    with pytest.raises(ProofRefusedError):
        await identity.credentials.reauthenticate(principal, password=WRONG, code=authenticator.code())
    assert await superuser.fetchval("select reauthenticated_at from session where session_id = $1", principal.session_id) is None
    until = await identity.credentials.reauthenticate(principal, password=PASSWORD, code=authenticator.code())
    at = await superuser.fetchval("select reauthenticated_at from session where session_id = $1", principal.session_id)
    assert until == at + timedelta(minutes=10)


async def test_who_has_no_second_factor_reauthenticates_with_the_password(identity: Identity, principal: Principal, superuser: Superuser) -> None:
    await identity.credentials.reauthenticate(principal, password=PASSWORD, code=None)
    row = await superuser.fetchrow("select reauthenticated_at, second_factor_at from session where session_id = $1", principal.session_id)
    assert row is not None
    assert row["reauthenticated_at"] is not None
    assert row["second_factor_at"] is None


async def test_the_secret_is_sealed_for_its_person(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser, make_company: MakeCompany, caller: Caller
) -> None:
    sealed = await superuser.fetchval("select secret from person_factor where person_id = $1", principal.actor_id)
    raw = base64.b32decode(authenticator.secret)
    assert raw not in sealed
    assert authenticator.secret.encode() not in sealed
    other = (await identity.sign_in((await make_company()).login, PASSWORD, caller=caller)).principal
    await identity.second_factors.install(other.actor_id, codes.new_secret())
    await superuser.execute(
        "update person_factor set secret = (select secret from person_factor where person_id = $1) where person_id = $2",
        principal.actor_id, other.actor_id,
    )  # fmt: skip
    with pytest.raises(SecretUnreadableError):
        await identity.second_factors.check(other.actor_id, authenticator.code())


def test_sealing_is_bound_to_person_and_key_and_never_the_same_twice(settings: Settings) -> None:
    person = uuid4()
    old = Sealer(settings)
    new = Sealer(settings.model_copy(update={"encryption_key": SecretStr("demo-new"), "encryption_retired_keys": (settings.encryption_key,)}))
    sealed = old.seal(person, b"secret")
    assert sealed != old.seal(person, b"secret")
    assert new.open(person, old.key_id, sealed) == b"secret"
    assert new.key_id != old.key_id
    for sealer, who, key_id, text in (
        (old, uuid4(), old.key_id, sealed),
        (old, person, old.key_id, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (old, person, old.key_id, b""),
        (old, person, new.key_id, sealed),
        (new, person, new.key_id, sealed),
    ):
        with pytest.raises(SecretUnreadableError):
            sealer.open(who, key_id, text)


@pytest.mark.parametrize("key", ["", "short", "?" * 43, base64.urlsafe_b64encode(bytes(33)).decode()])
def test_a_key_of_another_form_does_not_start(settings: Settings, key: str) -> None:
    with pytest.raises(ValueError, match="SUYUAN_ENCRYPTION_KEY"):
        Sealer(settings.model_copy(update={"encryption_key": SecretStr(key)}))


async def test_a_retired_key_can_be_taken_out_once_all_is_sealed_anew(
    identity: Identity, principal: Principal, authenticator: Authenticator, settings: Settings, database_app: Database, database_auth: Database,
    cheap_passwords: Passwords,
) -> None:  # fmt: skip
    def process(**keys: Any) -> Identity:
        changed = settings.model_copy(update=keys)
        return Identity(app=database_app, auth=database_auth, redis=None, settings=changed, passwords=cheap_passwords)

    both = process(encryption_key=SecretStr("demo-next"), encryption_retired_keys=(settings.encryption_key,))
    assert await both.credentials.prove(principal, password=None, code=authenticator.code()) == (Factor.ONE_TIME_CODE,)
    done, unreadable = await both.second_factors.reseal()
    assert done >= 1
    assert principal.actor_id not in unreadable
    assert await both.second_factors.reseal() == (0, unreadable)
    alone = process(encryption_key=SecretStr("demo-next"))
    assert await alone.credentials.prove(principal, password=None, code=authenticator.code()) == (Factor.ONE_TIME_CODE,)
    # Back, for the other tests of this database.
    back = process(encryption_key=settings.encryption_key, encryption_retired_keys=(SecretStr("demo-next"),))
    assert (await back.second_factors.reseal())[0] == done


async def test_no_secret_of_the_second_factor_is_printed_logged_or_audited(
    identity: Identity, principal: Principal, superuser: Superuser, capsys: pytest.CaptureFixture[str]
) -> None:
    offer = await identity.credentials.offer_second_factor(principal, password=PASSWORD)
    app = Authenticator(principal.actor_id, offer.secret)
    made = await identity.credentials.confirm_second_factor(principal, app.code())
    with pytest.raises(ProofRefusedError):
        await identity.credentials.prove(principal, password=PASSWORD, code="nonsense")
    printed = capsys.readouterr()
    for table in ("audit_entry", "session", "sign_in_attempt", "recovery_code", "idempotent_reply"):
        rows = await superuser.fetch(f"select t::text as row from {table} t")
        for secret in (offer.secret, *made):
            assert not [row for row in rows if secret in row["row"]]
            assert secret not in printed.out + printed.err
