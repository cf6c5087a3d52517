"""A signed-in person's own password and second factor: proved once more, set up, changed and removed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from infra.clock import now
from infra.errors import PermissionDeniedError
from infra.logging import get_logger
from tenants import audit, directory, sessions
from tenants.accounts import AccountUseCases
from tenants.directory import Account
from tenants.errors import (
    CodeRefusedError,
    PasswordRefusedError,
    ProofRefusedError,
    SecondFactorMissingError,
    SecondFactorRequiredError,
    SessionEndedError,
)
from tenants.passwords import is_long, require_acceptable
from tenants.principal import ActorKind, Principal
from tenants.second_factor.service import Factor, Offer

# 21 CFR 11.200(a)(1)(i): the stretch in which one component of a signature is enough.
REAUTHENTICATED_FOR: Final = timedelta(minutes=10)
_log = get_logger(__name__)


def is_reauthenticated(principal: Principal, moment: datetime) -> bool:
    """Whether the caller's session has proved password and code, or the password where there is no code, in the last minutes."""
    return principal.reauthenticated_at is not None and moment - principal.reauthenticated_at <= REAUTHENTICATED_FOR


class Credentials(AccountUseCases):
    """Every proof counts against the same limits as a sign-in, by name and address; a refused one writes nothing else."""

    async def prove(self, principal: Principal, *, password: str | None, code: str | None) -> tuple[Factor, ...]:
        """Check whatever is given of password and code, and use the code up; what was proved comes back.

        Raises `ProofRefusedError` where one of them is wrong, without saying which; `SecondFactorMissingError` for a code of somebody
        who has no second factor; `TooManyFailuresError`.
        """
        account = await self._account(principal)
        if code is not None and not await self._second_factors.is_set_up(principal.actor_id):
            raise SecondFactorMissingError
        attempt = await self._throttle.claim(account.login_name, principal.address)
        try:
            proved = await self._prove_each(account, password, code)
        except (CodeRefusedError, ProofRefusedError):
            _log.info("proof_refused", address=principal.address, person=str(principal.actor_id))
            raise ProofRefusedError from None
        if password is not None:
            await self._throttle.succeeded(attempt)
        else:
            await self._throttle.give_back(attempt)
        return proved

    async def _prove_each(self, account: Account, password: str | None, code: str | None) -> tuple[Factor, ...]:
        proved: list[Factor] = []
        if password is not None:
            if not await self._passwords.verify(account.person.password_hash, password):
                raise ProofRefusedError
            proved.append(Factor.PASSWORD)
        if code is not None:
            checked = await self._second_factors.check(account.person.person_id, code)
            await self._second_factors.use(checked)
            proved.append(checked.factor)
        return tuple(proved)

    async def reauthenticate(self, principal: Principal, *, password: str, code: str | None) -> datetime:
        """Prove the password, and a code where there is a second factor: until the moment that comes back the session counts as proved.

        Raises what `prove` raises, and `SecondFactorRequiredError` where the code is missing.
        """
        if not code and await self._second_factors.is_set_up(principal.actor_id):
            raise SecondFactorRequiredError
        factors = await self.prove(principal, password=password, code=code or None)
        return await self.mark_proved(principal, factors) + REAUTHENTICATED_FOR

    async def mark_proved(self, principal: Principal, factors: tuple[Factor, ...]) -> datetime:
        """Note on the session that the person has proved himself just now."""
        moment = now()
        await self._standings.doubt_session(principal.session_id)
        async with self._app.tenant(principal.tenant_id) as tx:
            await sessions.mark_proved(tx, principal.session_id, moment=moment, second_factor=len(factors) > 1)
            after = {"factors": [str(factor) for factor in factors]}
            await audit.record(tx, principal, "session.reauthenticated", f"session:{principal.session_id}", after=after)
        return moment

    async def offer_second_factor(self, principal: Principal, *, password: str) -> Offer:
        """Begin to set up a second factor; raises `ProofRefusedError`, `SecondFactorStateError`, `TooManyFailuresError`."""
        await self.prove(principal, password=password, code=None)
        account = await self._account(principal)
        return await self._second_factors.offer(principal.actor_id, account.login_names[0] if account.login_names else principal.display_name)

    async def confirm_second_factor(self, principal: Principal, code: str) -> list[str]:
        """Put the offered factor into force; gives the recovery codes. Password and code are proved then, so the session counts as such."""
        self._require_person(principal)
        made = await self._second_factors.confirm(principal.actor_id, code)
        await self.mark_proved(principal, (Factor.PASSWORD, Factor.ONE_TIME_CODE))
        await self._session_control.record_everywhere(principal.actor_id, "second_factor.set_up", actor=principal)
        return made

    async def renew_recovery_codes(self, principal: Principal, *, password: str, code: str) -> list[str]:
        """Ten new recovery codes in place of the former ones; needs password and code."""
        await self.prove(principal, password=password, code=code)
        made = await self._second_factors.renew_recovery_codes(principal.actor_id)
        await self._session_control.record_everywhere(principal.actor_id, "second_factor.recovery_codes_renewed", actor=principal)
        return made

    async def remove_second_factor(self, principal: Principal, *, password: str, code: str) -> None:
        """Take the second factor away; needs both, and a password that stands alone (`PasswordTooShortAloneError`)."""
        await self.prove(principal, password=password, code=code)
        await self._second_factors.remove(principal.actor_id)
        await self._session_control.record_everywhere(principal.actor_id, "second_factor.removed", actor=principal)

    async def change_password(self, principal: Principal, *, current: str, new: str) -> int:
        """Change the caller's password and end his other sessions everywhere; gives his new epoch, in which this session lives on.

        Raises `ProofRefusedError` for a wrong current password, `PasswordRefusedError` for a new one that the policy refuses.
        """
        account = await self._account(principal)
        await self._require_acceptable(account, new, principal.tenant_slug)
        await self.prove(principal, password=current, code=None)
        if await self._passwords.verify(account.person.password_hash, new):
            raise PasswordRefusedError("This is the password that you have already. Choose another.")
        stored = await self._passwords.hash(new)
        await self._standings.doubt_person(principal.actor_id)
        async with self._auth.connection() as connection, connection.transaction():
            epoch = await directory.store_password(connection, principal.actor_id, stored, long=is_long(new), instead_of=account.person.password_hash)
        if epoch is None:
            raise ProofRefusedError
        async with self._app.tenant(principal.tenant_id) as tx:
            await sessions.carry_over(tx, principal.session_id, epoch)
        await self._session_control.record_everywhere(principal.actor_id, "password.changed", actor=principal)
        await self._session_control.end_everywhere(principal.actor_id, actor=principal, because="password changed", keep=principal.session_id)
        return epoch

    async def set_password(self, person_id: UUID, password: str, *company_names: str, actor: Principal | None = None) -> None:
        """Give a person a password whose former one nobody has to know, and end all his sessions; for invitations and links, behind
        whose token the caller has looked. Raises `PasswordRefusedError`, and `SessionEndedError` where there is no such person.
        """
        account = await directory.account_of(self._auth, person_id)
        if account is None:
            raise SessionEndedError
        await self._require_acceptable(account, password, *company_names)
        stored = await self._passwords.hash(password)
        await self._standings.doubt_person(person_id)
        async with self._auth.connection() as connection, connection.transaction():
            if await directory.store_password(connection, person_id, stored, long=is_long(password), any_former=True) is None:
                raise PasswordRefusedError("The second factor was removed meanwhile: choose a password of at least 15 characters.")
        await self._session_control.record_everywhere(person_id, "password.set", actor=actor)
        await self._session_control.end_everywhere(person_id, actor=actor, because="password set")
        for login_name in account.login_names:
            await self._throttle.lift(login_name)

    async def _require_acceptable(self, account: Account, password: str, *company_names: str) -> None:
        second_factor = await self._second_factors.is_set_up(account.person.person_id)
        require_acceptable(password, *account.login_names, account.person.display_name, *company_names, second_factor=second_factor)

    async def _account(self, principal: Principal) -> Account:
        self._require_person(principal)
        account = await directory.account_of(self._auth, principal.actor_id)
        if account is None:
            raise SessionEndedError
        return account

    def _require_person(self, principal: Principal) -> None:
        if principal.kind is not ActorKind.PERSON:
            raise PermissionDeniedError("Only a person has a password and a second factor: sign in as one.")
