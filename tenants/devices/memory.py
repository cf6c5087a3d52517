"""That a proof of possession is used once: remembered in Redis, or, with a nonce of its own, in PostgreSQL while Redis is away."""

from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from infra.database import Database
from tenants.devices import repository
from tenants.devices.dpop import LONGEST_USE, Freshness, Nonces, Proof
from tenants.devices.errors import NonceRequiredError, ProofInvalidError
from tenants.optional_redis import OptionalRedis

_SECONDS: Final = int(LONGEST_USE.total_seconds())


class ProofMemory:
    """Remembers proofs for as long as they could be accepted.

    Which of the two stores is asked depends on the proof alone: on its clock or an ordinary nonce, Redis; on an outage's nonce,
    PostgreSQL. So a proof that was used before Redis went away, or by a process that still reached it, is never taken again.
    """

    def __init__(self, app: Database, redis: OptionalRedis, nonces: Nonces) -> None:
        self._app = app
        self._redis = redis
        self._nonces = nonces

    async def use(self, tenant_id: int, proof: Proof, moment: datetime) -> None:
        """Raises `ProofInvalidError` for a proof that was used, `NonceRequiredError` with an outage's nonce while Redis is away."""
        if proof.freshness is Freshness.OUTAGE_NONCE:
            async with self._app.tenant(tenant_id) as tx:
                first = await repository.remember_proof(tx, proof.sha256, moment + LONGEST_USE)
        else:
            first = await self._use_in_redis(tenant_id, proof, moment)
        if not first:
            raise ProofInvalidError("it was used before")

    async def _use_in_redis(self, tenant_id: int, proof: Proof, moment: datetime) -> bool:
        key = f"suyuan:proof:{tenant_id}:{proof.sha256.hex()}"

        async def put(redis: Redis) -> bool:
            return await redis.set(key, b"1", nx=True, ex=_SECONDS) is not None

        first = await self._redis.attempt(put)
        if first is None:
            raise NonceRequiredError(self._nonces.issue(moment, outage=True))
        return first
