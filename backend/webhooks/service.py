"""The use cases of those who keep endpoints, each in its caller's tenant transaction; and `publish`, for all who have something to tell."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from backend.alerts import service as alerts
from backend.webhooks import delivery_repository, repository
from backend.webhooks.errors import EndpointDisabledError, EndpointNotFoundError, TooManyEndpointsError
from backend.webhooks.kinds import KINDS
from backend.webhooks.publishing import publish, publish_to
from backend.webhooks.repository import Endpoint
from backend.webhooks.rules import OVERLAP, new_secret
from backend.webhooks.sealing import SecretSealer
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outward import Outward
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.sealing import UnreadableError

__all__ = ["publish", "publish_to"]

MOST_ENDPOINTS: Final = 50
DESCRIPTION_LENGTH: Final = 200
BY_HAND: Final = "Switched off by hand."


async def create_endpoint(
    tx: TenantTransaction, principal: Principal, *, url: str, description: str, kinds: Sequence[str], outward: Outward, sealer: SecretSealer
) -> tuple[Endpoint, str]:
    """A new endpoint, switched on, and its secret, which is shown this once. Raises `OutwardRefusedError`, `TooManyEndpointsError`."""
    principal.require_everywhere(Permission.WEBHOOKS_MANAGE)
    told, wanted = _described(description), _wanted(kinds)
    outward.check(url, field="url")
    if await repository.lock_count(tx) >= MOST_ENDPOINTS:
        raise TooManyEndpointsError(MOST_ENDPOINTS)
    endpoint_id, secret = uuid7(), new_secret()
    endpoint = Endpoint(
        endpoint_id, url, told, wanted, enabled=True, secret=sealer.seal(tx.tenant_id, endpoint_id, secret), secret_key_id=sealer.key_id,
        owner=principal.subject, owner_name=principal.display_name, created_at=clock.now(),
    )  # fmt: skip
    await repository.insert(tx, endpoint)
    await audit.record(tx, principal, "webhook.created", subject_of(endpoint_id), after=_told(endpoint))
    return endpoint, secret


async def change_endpoint(
    tx: TenantTransaction, principal: Principal, endpoint_id: UUID, *, url: str, description: str, kinds: Sequence[str], outward: Outward
) -> Endpoint:
    """All terms anew; what waits goes to the new address. Raises `EndpointNotFoundError`, `OutwardRefusedError`."""
    before = await _locked(tx, principal, endpoint_id)
    outward.check(url, field="url")
    changes: dict[str, Any] = {"url": url, "description": _described(description), "kinds": _wanted(kinds)}
    await repository.change(tx, endpoint_id, **changes)
    after = replace(before, **changes)
    await audit.record(tx, principal, "webhook.changed", subject_of(endpoint_id), before=_told(before), after=_told(after))
    return after


async def rotate_secret(tx: TenantTransaction, principal: Principal, endpoint_id: UUID, *, sealer: SecretSealer) -> str:
    """A new secret, shown this once; the one before signs besides for a day, one before that no more. Raises `EndpointNotFoundError`."""
    endpoint, secret = await _locked(tx, principal, endpoint_id), new_secret()
    until = clock.now() + OVERLAP
    await repository.change(
        tx, endpoint_id, secret=sealer.seal(tx.tenant_id, endpoint_id, secret), secret_key_id=sealer.key_id,
        former_secret=endpoint.secret, former_secret_key_id=endpoint.secret_key_id, former_until=until,
    )  # fmt: skip
    after = {"formerUntil": clock.isoformat(until)}
    await audit.record(tx, principal, "webhook.secret_rotated", subject_of(endpoint_id), after=after)
    return secret


async def enable(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> None:
    """Send to it again from now on; what came meanwhile can be replayed. Raises `EndpointNotFoundError`."""
    endpoint = await _locked(tx, principal, endpoint_id)
    if endpoint.enabled:
        return
    await repository.change(tx, endpoint_id, enabled=True, disabled_reason=None, disabled_at=None, failing_since=None, last_failure=None)
    await audit.record(tx, principal, "webhook.enabled", subject_of(endpoint_id), before={"reason": endpoint.disabled_reason})
    await alerts.reset_alert(tx, dedupe_key=subject_of(endpoint_id), reason="The endpoint was switched on again.")


async def disable(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> None:
    """Send nothing more to it; what waits counts as failed, and can be replayed. Raises `EndpointNotFoundError`."""
    endpoint = await _locked(tx, principal, endpoint_id)
    if not endpoint.enabled:
        return
    moment = clock.now()
    await repository.change(tx, endpoint_id, enabled=False, disabled_reason=BY_HAND, disabled_at=moment)
    await delivery_repository.give_up(tx, endpoint_id, failure=BY_HAND, at=moment)
    await audit.record(tx, principal, "webhook.disabled", subject_of(endpoint_id), after={"reason": BY_HAND})


async def delete_endpoint(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> None:
    """Delete an endpoint with its log. Raises `EndpointNotFoundError`."""
    endpoint = await _locked(tx, principal, endpoint_id)
    await delivery_repository.give_up(tx, endpoint_id, failure="The endpoint was deleted.", at=clock.now())
    await repository.delete(tx, endpoint_id)
    await audit.record(tx, principal, "webhook.deleted", subject_of(endpoint_id), before=_told(endpoint))


async def get_endpoint(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> Endpoint:
    """One endpoint. Raises `EndpointNotFoundError`."""
    principal.require_everywhere(Permission.WEBHOOKS_MANAGE)
    found = await repository.by_id(tx, endpoint_id)
    if found is None:
        raise EndpointNotFoundError
    return found


async def page_of_endpoints(tx: TenantTransaction, principal: Principal, *, cursor: UUID | None, backward: bool, limit: int) -> list[Endpoint]:
    """Endpoints, newest first."""
    principal.require_everywhere(Permission.WEBHOOKS_MANAGE)
    return await repository.page(tx, cursor=cursor, backward=backward, limit=limit)


async def require_enabled(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> Endpoint:
    """An endpoint, locked, to which something can be sent. Raises `EndpointNotFoundError`, `EndpointDisabledError`."""
    endpoint = await _locked(tx, principal, endpoint_id)
    if not endpoint.enabled:
        raise EndpointDisabledError
    return endpoint


async def reseal(tx: TenantTransaction, sealer: SecretSealer) -> tuple[int, list[UUID]]:
    """Seal all secrets of a tenant with the current key; gives how many endpoints, and those whose secret no known key opens."""
    done, unreadable = 0, []
    for each in await repository.sealed_otherwise(tx, sealer.key_id):
        owner = (tx.tenant_id, each.endpoint_id)
        try:
            secret = sealer.seal(*owner, sealer.open(*owner, each.secret_key_id, each.secret))
            changes: dict[str, Any] = {"secret": secret, "secret_key_id": sealer.key_id}
            if each.former_secret is not None:
                former = sealer.open(*owner, each.former_secret_key_id or "", each.former_secret)
                changes |= {"former_secret": sealer.seal(*owner, former), "former_secret_key_id": sealer.key_id}
        except UnreadableError:
            unreadable.append(each.endpoint_id)
            continue
        await repository.change(tx, each.endpoint_id, **changes)
        done += 1
    return done, unreadable


def subject_of(endpoint_id: UUID) -> str:
    """How the trail and alerts name it."""
    return f"webhook:{endpoint_id}"


def host_of(endpoint: Endpoint) -> str:
    """Where it leads, without what may be secret in its path."""
    return urlsplit(endpoint.url).netloc


async def _locked(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> Endpoint:
    principal.require_everywhere(Permission.WEBHOOKS_MANAGE)
    found = await repository.lock(tx, endpoint_id)
    if found is None:
        raise EndpointNotFoundError
    return found


def _described(description: str) -> str:
    told = description.strip()
    if len(told) > DESCRIPTION_LENGTH or "\x00" in told:
        raise InvalidInputError(f"“description” is longer than {DESCRIPTION_LENGTH} characters or holds a NUL; shorten it.", field="description")
    return told


def _wanted(kinds: Sequence[str]) -> str:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if not kinds or unknown:
        problem = "There is no such kind of message" if unknown else "No kind of message is named"
        raise InvalidInputError(f"{problem}. Choose from {', '.join(KINDS)}.", field="kinds")
    return " ".join(kind for kind in KINDS if kind in kinds)


def _told(endpoint: Endpoint) -> dict[str, Any]:
    """What the trail keeps of it: no secret, and of the address the host, for the path may hold one."""
    return {"host": host_of(endpoint), "description": endpoint.description, "kinds": endpoint.wanted}
