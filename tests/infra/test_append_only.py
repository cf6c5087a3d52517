"""Append-only in the database itself: not the application, not the owner, not the migrator changes or removes what stands there."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from infra.provision import DatabaseUrls
from infra.schema import metadata, tenant_table
from tests.conftest import Cluster
from tests.infra.clones import clone_of

TENANT = 7_301
CLOSED = (
    "alert_history", "alert_rule_version", "audit_entry", "electronic_signature", "event_feed", "catalog_version", "vocabulary_version",
    "sampling_plan_version", "sampling_lot", "sampling_switch", "calibration", "photo_subject",
    "quality_history", "supplier_answer", "supplier_answer_review", "recall_act",
    "lot_link_past", "containment_past", "lot_shipment_past", "shipment_past",
)  # fmt: skip
INSERTS = {
    "alert_rule_version": """insert into alert_rule_version (tenant_id, rule_id, version, document, recorded_at, recorded_by)
                      values (7301, gen_random_uuid(), 1, '{}', now(), 'x')""",
    "audit_entry": """insert into audit_entry (tenant_id, actor_kind, actor, action, subject, request_id, address)
                      values (7301, 'service', 'x', 'x.y', 'x', '', '')""",
    "alert_history": """insert into alert_history (tenant_id, entry_id, alert_id, at, action, actor_kind, actor)
                      values (7301, gen_random_uuid(), gen_random_uuid(), now(), 1, 'service', 'x')""",
    "electronic_signature": """insert into electronic_signature (tenant_id, signature_id, signer_id, signer_name, meaning, reason, signed_at,
                      subject, content, content_sha256, roles, factors, session_id, address)
                      values (7301, gen_random_uuid(), gen_random_uuid(), 'x', 'x', 'x', now(), 'x', 'x', 'x', '[]', '[]', gen_random_uuid(), '')""",
    "catalog_version": """insert into catalog_version (tenant_id, kind, key, valid_from, told, recorded_by, entry)
                      values (7301, 1, 'x', now(), false, 'x', '{}')""",
    "vocabulary_version": """insert into vocabulary_version (tenant_id, vocabulary, element, source, valid_from, own, teller, body, digest)
                      values (7301, 'x', 'x', 'x', now(), false, 'x', '{}', 'x')""",
    "quality_history": """insert into quality_history (tenant_id, subject, entry_id, at, actor, act, note, detail)
                      values (7301, 'x', gen_random_uuid(), now(), 'x', 'x', '', '{}')""",
    "recall_act": """insert into recall_act (tenant_id, case_id, act_id, at, kind, actor, reason, detail)
                      values (7301, gen_random_uuid(), gen_random_uuid(), now(), 1, 'x', '', '{}')""",
    "supplier_answer": """insert into supplier_answer (tenant_id, supplier_request_id, answer_id, at, written_by, containment, root_cause,
                      corrective_action, done_by) values (7301, gen_random_uuid(), gen_random_uuid(), now(), 'x', 'x', 'x', 'x', 'x')""",
    "supplier_answer_review": """insert into supplier_answer_review (tenant_id, supplier_request_id, answer_id, at, reviewed_by, verdict, comment)
                      values (7301, gen_random_uuid(), gen_random_uuid(), now(), gen_random_uuid(), 1, '')""",
    "lot_link_past": """insert into lot_link_past (tenant_id, parent_id, child_id, event_id, kind, occurred_at, certainty, known_from)
                      values (7301, 1, 2, 3, 4, now(), 1, now())""",
    "containment_past": """insert into containment_past (tenant_id, content_id, container_id, kind, valid_from, valid_to, opened_by, known_from)
                      values (7301, 1, 2, 1, now(), now(), 3, now())""",
    "lot_shipment_past": """insert into lot_shipment_past (tenant_id, lot_id, shipment_id, uom, quantity, certainty, known_from)
                      values (7301, 1, 2, '', 1, 1, now())""",
    "sampling_plan_version": """insert into sampling_plan_version (tenant_id, plan_id, version, name, definition, made_at, made_by)
                      values (7301, gen_random_uuid(), 1, 'x', '{}', now(), gen_random_uuid())""",
    "sampling_lot": """insert into sampling_lot (tenant_id, state_id, inspection_id, number, accepted, severity, score, concluded_at)
                      values (7301, gen_random_uuid(), gen_random_uuid(), 1, true, 1, 0, now())""",
    "sampling_switch": """insert into sampling_switch (tenant_id, switch_id, state_id, rule, from_severity, to_severity, skipping, frequency, lots,
                      switched_at) values (7301, gen_random_uuid(), gen_random_uuid(), 1, 1, 2, 1, 1, '[]', now())""",
    "calibration": """insert into calibration (tenant_id, calibration_id, instrument_id, performed_at, performed_by, certificate, as_found, as_left,
                      due_at, note, recorded_at, recorded_by) values (7301, gen_random_uuid(), gen_random_uuid(), now(), 'x', 'x', 1, 1, now(), '',
                      now(), gen_random_uuid())""",
    "photo_subject": """insert into photo_subject (tenant_id, subject, photo_id, attached_at, attached_by)
                      values (7301, 'x', gen_random_uuid(), now(), gen_random_uuid())""",
    "shipment_past": "insert into shipment_past (tenant_id, shipment_id, direction, known_from) values (7301, 1, 1, now())",
    "event_feed": "insert into event_feed (tenant_id, seq, event_id) values (7301, 1, 1)",
}
CHANGES = ("update {} set tenant_id = tenant_id", "delete from {}", "truncate {}", "truncate {} cascade", "select * from {} for update")


@pytest.fixture(scope="module")
def urls(cluster: Cluster) -> Iterator[DatabaseUrls]:
    with clone_of(cluster, "append_only") as found:
        yield found


@pytest.fixture
async def migrator(urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """The most powerful role that the service has, acting as the owner of the tables, with a tenant named."""
    connection = await asyncpg.connect(urls.owner)
    await connection.execute(f"set role suyuan_owner; set app.tenant_id = '{TENANT}'")
    for table in CLOSED:
        if not await connection.fetchval(f"select count(*) from {table}"):
            await connection.execute(INSERTS[table])
    yield connection
    await connection.close()


def test_what_is_evidence_is_declared_append_only() -> None:
    assert {name for name, table in metadata.tables.items() if table.info.get("append_only")} == set(CLOSED)


@pytest.mark.parametrize("table", CLOSED)
@pytest.mark.parametrize("statement", CHANGES)
async def test_the_owner_and_the_migrator_change_and_remove_nothing(migrator: asyncpg.Connection, table: str, statement: str) -> None:
    before = await migrator.fetch(f"select t::text from {table} t")
    assert len(before) == 1
    for role in ("suyuan_owner", "suyuan_migrator"):
        await migrator.execute(f"set role {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await migrator.execute(statement.format(table))
    assert await migrator.fetch(f"select t::text from {table} t") == before


@pytest.mark.parametrize("table", CLOSED)
@pytest.mark.parametrize("statement", CHANGES)
async def test_the_application_changes_and_removes_nothing(urls: DatabaseUrls, migrator: asyncpg.Connection, table: str, statement: str) -> None:
    application = await asyncpg.connect(urls.app)
    try:
        await application.execute(f"set app.tenant_id = '{TENANT}'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(statement.format(table))
        assert await application.fetchval(f"select count(*) from {table}") == 1
    finally:
        await application.close()


@pytest.mark.parametrize("table", CLOSED)
async def test_a_right_that_the_owner_gave_himself_back_still_meets_no_policy(migrator: asyncpg.Connection, table: str) -> None:
    """Two locks: the right was taken away, and no policy would let a row be changed if it came back."""
    transaction = migrator.transaction()
    await transaction.start()
    try:
        await migrator.execute(f"grant update, delete on {table} to suyuan_owner")
        assert await migrator.execute(f"update {table} set tenant_id = tenant_id") == "UPDATE 0"
        assert await migrator.execute(f"delete from {table}") == "DELETE 0"
        assert await migrator.fetchval(f"select count(*) from {table}") == 1
    finally:
        await transaction.rollback()


async def test_rows_that_may_be_purged_are_deleted_and_others_stay(urls: DatabaseUrls) -> None:
    """The condition is the database's: the application deletes what has served its time, and can't delete what hasn't."""
    application = await asyncpg.connect(urls.app)
    try:
        await application.execute(f"set app.tenant_id = '{TENANT}'")
        await application.execute(
            """insert into outbox (tenant_id, topic, payload, done_at) values
               (7301, 'old', '{}', now() - interval '7 days 1 minute'), (7301, 'young', '{}', now() - interval '6 days 23 hours'),
               (7301, 'open', '{}', null)"""
        )
        await application.execute(
            "insert into effect (tenant_id, effect_key, done_at) values (7301, 'old', now() - interval '31 days'), (7301, 'young', now())"
        )
        assert await application.execute("delete from outbox") == "DELETE 1"
        assert {row["topic"] for row in await application.fetch("select topic from outbox")} == {"young", "open"}
        assert await application.execute("delete from effect") == "DELETE 1"
        assert await application.fetchval("select effect_key from effect") == "young"
    finally:
        await application.close()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}}, "append-only"),
        ({"references": [(("membership_id",), "membership.membership_id")]}, "append-only"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(more: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        tenant_table("contradiction", key=(), append_only=True, **more)  # type: ignore[arg-type]
    assert "contradiction" not in metadata.tables


def test_a_purge_without_the_right_to_delete_is_refused() -> None:
    with pytest.raises(ValueError, match="grants suyuan_app no DELETE"):
        tenant_table("contradiction", key=(), grants={"suyuan_app": ("SELECT",)}, purge="(true)")
    assert "contradiction" not in metadata.tables
