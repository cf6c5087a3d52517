"""Every statement that a whole day runs names its tenant: by the check on its text, and by what it finds where no policy helps it."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event

from backend.services import Services
from infra import clock
from infra.database import Database
from infra.provision import DatabaseUrls
from infra.scope import require_scope, tenant_owned_tables
from mobile_api.app import create_app
from tests.isolation.haste import make_haste
from tests.isolation.working_day import new_day
from tests.notifications.test_mail import certificate, post_office

__all__ = ["certificate"]
_NAMED = re.compile(r"set local app\.tenant_id = '(\d+)'")
_WORD = re.compile(r"[a-z_]+")
REPLAYS_OF_EACH = 3
# Used only while Redis is away: see tests/mobile_api/test_devices.py.
WITHOUT_REDIS = {"used_proof"}
MOMENT = f"timestamptz '{clock.now().isoformat()}'"


@dataclass(frozen=True)
class Said:
    """A statement with its values, and the tenant in whose transaction it ran."""

    statement: str
    values: tuple[Any, ...]
    tenant_id: int | None


@dataclass
class Recorder:
    """What was said on the connections of some pools; it listens to the driver, below everything of ours."""

    said: list[Said] = field(default_factory=list)
    _tenants: dict[int, int | None] = field(default_factory=dict)

    def listen(self, database: Database) -> None:
        """From the pool's next connection on."""

        @event.listens_for(database.engine.sync_engine, "connect")
        def connected(connection: Any, _record: Any) -> None:
            connection.driver_connection.add_query_logger(lambda query: self._record(id(connection), query))

    def _record(self, connection: int, query: Any) -> None:
        if query.query.startswith(("begin", "commit", "rollback")):
            named = _NAMED.search(query.query)
            self._tenants[connection] = int(named[1]) if named else None
        else:
            self.said.append(Said(query.query, tuple(query.args or ()), self._tenants.get(connection)))

    def on_tenants_tables(self) -> list[Said]:
        """What mentions a tenant-owned table."""
        return [said for said in self.said if tenant_owned_tables() & set(_WORD.findall(said.statement.lower()))]


@dataclass(frozen=True)
class Recorded:
    """A day of each of two firms, and the database in which they had it."""

    serving: Recorder
    relay: Recorder
    auth: Recorder
    tenants: tuple[int, int]
    superuser: asyncpg.Connection
    app: asyncpg.Connection


@pytest.fixture(scope="module")
async def recorded(clone_services: Services, cluster: Any, clone: DatabaseUrls, certificate: Path) -> AsyncIterator[Recorded]:
    serving, relay, auth = Recorder(), Recorder(), Recorder()
    for recorder, database in (
        (serving, clone_services.database),
        (serving, clone_services.public_database),
        (relay, clone_services.relay_database),
        (auth, clone_services.auth_database),
    ):
        recorder.listen(database)
    app = create_app(services=clone_services)
    # At the same time and with the same goods, so that whatever isn't scoped finds the other's.
    with pytest.MonkeyPatch.context() as patch, post_office(certificate, tls=True) as post:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        make_haste(patch)
        async with new_day(clone_services, app, post) as first, new_day(clone_services, app, post) as second:
            for day in (first, second):
                await day.work()
    superuser = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1], server_settings={"search_path": "suyuan, pg_temp"})
    plain = await asyncpg.connect(clone.app)
    yield Recorded(serving, relay, auth, (first.tenant_id, second.tenant_id), superuser, plain)
    await superuser.close()
    await plain.close()


async def found(connection: asyncpg.Connection, said: Said) -> Any:
    """What a statement finds or does now, in the tenant's name; it is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"set local app.tenant_id = '{said.tenant_id}'")
        prepared = await connection.prepare(said.statement.replace("now()", MOMENT))
        rows = await prepared.fetch(*said.values)
        writes = re.search(r"\b(insert into|update|delete from)\b(?! of)", said.statement, re.IGNORECASE)
        # Numbers that a sequence has given out aren't given again: of what is written, the count is compared.
        return prepared.get_statusmsg(), len(rows) if writes else sorted(map(repr, rows))
    except asyncpg.PostgresError as problem:
        return type(problem)
    finally:
        await transaction.rollback()


async def test_the_day_uses_every_table(recorded: Recorded) -> None:
    used = {word for said in recorded.serving.on_tenants_tables() for word in _WORD.findall(said.statement.lower())} & tenant_owned_tables()
    assert used == tenant_owned_tables() - WITHOUT_REDIS
    assert len({said.statement for said in recorded.serving.on_tenants_tables()}) > 100


async def test_every_statement_of_the_day_passes_the_check(recorded: Recorded) -> None:
    for statement in {said.statement for said in recorded.serving.on_tenants_tables()}:
        require_scope(statement)


async def test_every_statement_is_given_the_tenant_of_its_transaction(recorded: Recorded) -> None:
    query = "select tenant_id from tenant where tenant_id = any($1) or sandbox_of = any($1)"
    theirs = {row["tenant_id"] for row in await recorded.superuser.fetch(query, list(recorded.tenants))}
    # A sandbox that was reset has another number than before.
    theirs |= {row["tenant_id"] for row in await recorded.superuser.fetch("select tenant_id from tenant where retired_at is not null")}
    for said in recorded.serving.on_tenants_tables():
        assert said.tenant_id in theirs, said.statement
        assert said.values[0] == said.tenant_id, said.statement


async def test_every_statement_finds_the_same_without_any_policy(recorded: Recorded) -> None:
    """A superuser, to whom no policy applies, sees nothing more of the other firm than the application does."""
    by_statement: dict[str, list[Said]] = defaultdict(list)
    for said in recorded.serving.on_tenants_tables():
        kept = by_statement[said.statement]
        if len(kept) < REPLAYS_OF_EACH and said not in kept:
            kept.append(said)
    compared = 0
    for tried in by_statement.values():
        for said in tried:
            assert await found(recorded.superuser, said) == await found(recorded.app, said), said
            compared += 1
    assert compared > 200


@pytest.mark.parametrize(
    "statement",
    [
        "select event_id from event where $1::int is not null",
        "select count(*) from event e join event_feed f on f.tenant_id = $1 and true where $1 > 0",
        "update event set body = 'x' where $1::int is not null",
        "delete from lot_link where $1::int > 0",
    ],
)
async def test_the_comparison_sees_a_statement_that_forgets_the_tenant(recorded: Recorded, statement: str) -> None:
    said = Said(statement, (recorded.tenants[0],), recorded.tenants[0])
    assert await found(recorded.superuser, said) != await found(recorded.app, said)


async def test_roles_beside_the_application_touch_no_tenants_table_but_the_outbox(recorded: Recorded) -> None:
    assert recorded.auth.on_tenants_tables() == []
    relayed = [said.statement for said in recorded.relay.said]
    assert {word for statement in relayed for word in _WORD.findall(statement.lower())} & tenant_owned_tables() == {"outbox"}
    assert not [statement for statement in relayed if re.search(r"\b(insert|update|delete)\b", statement, re.IGNORECASE)]
