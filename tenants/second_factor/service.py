"""Second factors: offered, confirmed, checked, used up, renewed and removed. Whose password was proved is the caller's to see to."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from infra.clock import now
from infra.database import Database
from infra.settings import Settings
from tenants.errors import CodeRefusedError, PasswordTooShortAloneError, SecondFactorMissingError, SecondFactorStateError
from tenants.second_factor import codes, repository
from tenants.second_factor.repository import StoredFactor
from tenants.second_factor.sealing import Sealer, SecretUnreadableError
from tenants.throttle import Throttle

OFFER_STANDS: Final = timedelta(minutes=15)
_RESEAL_BATCH: Final = 500


class Factor(StrEnum):
    """What somebody has proved himself with."""

    PASSWORD = "password"  # noqa: S105 - the factor's name
    ONE_TIME_CODE = "one_time_code"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True)
class Offer:
    """A second factor to be put into an authenticator app, shown once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorStatus:
    """What a person may know of his second factor: since when it is in force (None: it isn't), and how many recovery codes are left."""

    since: datetime | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """A code that is right and not used up yet: a one-time code's step, or a recovery code's hash."""

    person_id: UUID
    factor: Factor
    step: int = 0
    code_sha256: bytes = field(default=b"", repr=False)


class SecondFactors:
    """The second factors of all persons. A wrong code counts against the person, whatever it was meant for."""

    def __init__(self, auth: Database, throttle: Throttle, settings: Settings) -> None:
        self._auth = auth
        self._throttle = throttle
        self._sealer = Sealer(settings)

    async def status(self, person_id: UUID) -> FactorStatus:
        """Whether and since when the person has a second factor."""
        stored = await repository.factor_of(self._auth, person_id)
        if stored is None or stored.confirmed_at is None:
            return FactorStatus(None, 0)
        return FactorStatus(stored.confirmed_at, await repository.recovery_codes_left(self._auth, person_id))

    async def is_set_up(self, person_id: UUID) -> bool:
        """Whether a second factor is in force."""
        stored = await repository.factor_of(self._auth, person_id)
        return stored is not None and stored.confirmed_at is not None

    async def offer(self, person_id: UUID, account: str) -> Offer:
        """A new secret, good for nothing until `confirm`; raises `SecondFactorStateError` where a factor is in force."""
        secret = codes.new_secret()
        if not await repository.offer(self._auth, person_id, self._sealer.seal(person_id, secret.encode()), self._sealer.key_id):
            raise SecondFactorStateError("You have a second factor already. Remove it first, with your password and a code, to set up another.")
        uri = codes.otpauth_uri(secret, account)
        return Offer(secret, uri, codes.qr_code(uri))

    async def confirm(self, person_id: UUID, code: str) -> list[str]:
        """Put the offered factor into force with a code of it; gives the recovery codes, which are shown this once."""
        offered = await repository.factor_of(self._auth, person_id)
        if offered is None or offered.confirmed_at is not None or offered.created_at < now() - OFFER_STANDS:
            raise SecondFactorStateError("No second factor waits to be confirmed, or it waited too long. Begin again.")
        await self._throttle.claim_code(person_id)
        step = codes.matching_step(self._secret(offered), codes.cleaned(code), now(), None)
        if step is None:
            raise CodeRefusedError
        made = codes.new_recovery_codes()
        if not await repository.confirm(self._auth, offered, step, [codes.recovery_sha256(each) for each in made]):
            raise SecondFactorStateError("The second factor was changed by another request meanwhile. Begin again.")
        await self._throttle.code_succeeded(person_id)
        return made

    async def check(self, person_id: UUID, code: str) -> CheckedCode:
        """What `code` is, without using it up. Raises `SecondFactorMissingError`, `CodeRefusedError`, `TooManyFailuresError`."""
        stored = await repository.factor_of(self._auth, person_id)
        if stored is None or stored.confirmed_at is None:
            raise SecondFactorMissingError
        return await self._check(stored, code)

    async def use(self, checked: CheckedCode) -> None:
        """Use the code up; raises `CodeRefusedError` where somebody was quicker."""
        if checked.factor is Factor.RECOVERY_CODE:
            taken = await repository.take_code(self._auth, checked.person_id, checked.code_sha256)
        else:
            taken = await repository.take_step(self._auth, checked.person_id, checked.step)
        if not taken:
            raise CodeRefusedError

    async def renew_recovery_codes(self, person_id: UUID) -> list[str]:
        """Ten new codes; the former ones are void. Raises `SecondFactorMissingError`."""
        made = codes.new_recovery_codes()
        if not await repository.renew_codes(self._auth, person_id, [codes.recovery_sha256(each) for each in made]):
            raise SecondFactorMissingError
        return made

    async def remove(self, person_id: UUID) -> None:
        """Take the factor away; raises `PasswordTooShortAloneError` where the password can't stand without it."""
        if not await repository.remove_if_password_is_long(self._auth, person_id):
            raise PasswordTooShortAloneError

    async def install(self, person_id: UUID, secret: str) -> None:
        """Put a factor with a known secret into force, for demonstrations and tests; behind no route."""
        if not await repository.offer(self._auth, person_id, self._sealer.seal(person_id, secret.encode()), self._sealer.key_id):
            return
        offered = await repository.factor_of(self._auth, person_id)
        if offered is not None:
            await repository.confirm(self._auth, offered, 0, [])

    async def reseal(self) -> tuple[int, list[UUID]]:
        """Seal every secret with the current key, so that a retired one can be taken out of the settings.

        Gives how many were resealed, and the persons whose secret no known key opens: they have to set up another.
        """
        done, after, unreadable = 0, None, []
        while batch := await repository.sealed_otherwise(self._auth, self._sealer.key_id, after, _RESEAL_BATCH):
            for stored in batch:
                try:
                    secret = self._sealer.open(stored.person_id, stored.key_id, stored.secret)
                except SecretUnreadableError:
                    unreadable.append(stored.person_id)
                    continue
                done += await repository.reseal(self._auth, stored, self._sealer.seal(stored.person_id, secret), self._sealer.key_id)
            after = batch[-1].person_id
        return done, unreadable

    async def _check(self, stored: StoredFactor, code: str) -> CheckedCode:
        given = codes.cleaned(code)
        await self._throttle.claim_code(stored.person_id)
        checked: CheckedCode | None = None
        if codes.is_one_time(given):
            step = codes.matching_step(self._secret(stored), given, now(), stored.last_step)
            checked = CheckedCode(stored.person_id, Factor.ONE_TIME_CODE, step=step) if step is not None else None
        elif codes.is_recovery(given):
            digest = codes.recovery_sha256(given)
            if await repository.has_code(self._auth, stored.person_id, digest):
                checked = CheckedCode(stored.person_id, Factor.RECOVERY_CODE, code_sha256=digest)
        if checked is None:
            raise CodeRefusedError
        await self._throttle.code_succeeded(stored.person_id)
        return checked

    def _secret(self, stored: StoredFactor) -> str:
        return self._sealer.open(stored.person_id, stored.key_id, stored.secret).decode()
