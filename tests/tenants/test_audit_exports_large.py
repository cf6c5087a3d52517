"""An export of 200,000 entries: whole, in order, by jobs that each end in time."""

import csv
import hashlib
import io
import json
import time
from itertools import pairwise
from typing import Any

import pytest

from backend.services import Services
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants.audit import exports
from tenants.audit.exports import ExportWriter, Limits
from tenants.audit.search import Filter
from tenants.audit.writing import Format
from tests.firms import Firm
from tests.soak.marks import soak
from tests.tenants.companies import Superuser

pytestmark = soak
ENTRIES = 200_000
# What a job may take at most, of the twenty to three hundred that the worker gives it.
JOB_SECONDS = 20.0
TRAIL = """
insert into audit_entry (tenant_id, recorded_at, actor_kind, actor_id, actor, action, subject, before, after, reason, request_id, address)
select $1, now() - (400000 - n) * interval '30 seconds' / 10, 'person', md5((n % 300)::text)::uuid, '李雷 ' || n % 300,
  case when n % 2 = 0 then 'hold.placed' else 'membership.roles_changed' end, 'try:' || n,
  json_build_object('grants', json_build_array(json_build_object('role', 'worker', 'site', 'https://id.gs1.org/414/9521234000020')))::text,
  json_build_object('grants', json_build_array(json_build_object('role', 'line_lead', 'site', null)), 'number', n)::text,
  case when n % 10 = 0 then '夜班换班, 第' || n || '次' end, md5(n::text), '192.0.2.' || n % 250
from generate_series(1, $2::int) n
"""


@pytest.fixture
async def long_trail(services: Services, firm: Firm, superuser: Superuser) -> Firm:
    """A firm with twice as many entries, every second one a hold."""
    await services.storage.ensure_bucket()
    await superuser.execute(TRAIL, firm.tenant_id, 2 * ENTRIES)
    await superuser.execute("analyze audit_entry")
    return firm


class Jobs:
    """Does the export's jobs by itself, each with its time."""

    def __init__(self, services: Services, firm: Firm) -> None:
        self._services = services
        self._firm = firm
        self.seconds: list[float] = []

    async def run(self, wanted: Filter, form: Format) -> exports.Export:
        """Until nothing is left to do."""
        writer = ExportWriter(self._services.storage, Limits())
        async with self._services.database.tenant(self._firm.tenant_id) as tx:
            export_id = await exports.ask(tx, self._firm.principal, wanted=wanted, form=form, language="zh")
        while True:
            async with self._services.database.tenant(self._firm.tenant_id) as tx:
                row = await tx.fetchrow(
                    "select outbox_id, payload from outbox where tenant_id = $1 and topic = $2 and done_at is null order by outbox_id limit 1",
                    exports.TOPIC,
                )
                if row is None:
                    return (await exports.exports_by_id(tx, self._firm.principal, [export_id]))[export_id]
                begun = time.monotonic()
                await writer(tx, json.loads(row["payload"]))
                self.seconds.append(time.monotonic() - begun)
                await tx.execute("update outbox set done_at = now() where tenant_id = $1 and outbox_id = $2", row["outbox_id"])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", list(Format))
async def test_two_hundred_thousand_entries_are_exported_whole_and_in_order(services: Services, long_trail: Firm, form: Format) -> None:
    jobs = Jobs(services, long_trail)
    begun = time.monotonic()
    export = await jobs.run(Filter(action="hold."), form)
    seconds = time.monotonic() - begun
    print(f"{form}: {export.entries} entries, {export.size >> 20} MB, {export.parts} parts, {seconds:.1f} s, longest job {max(jobs.seconds):.1f} s")
    assert (export.state, export.entries, export.entries_expected) == ("ready", ENTRIES, ENTRIES)
    assert max(jobs.seconds) < JOB_SECONDS
    own = TenantStorage(services.storage, TenantPrefix(long_trail.tenant.public_id))
    content = await own.get(export.file_key, limit=1 << 30)
    assert (len(content), hashlib.sha256(content).digest()) == (export.size, export.sha256)
    subjects = _subjects(content, form)
    assert len(subjects) == ENTRIES
    assert all(int(after[4:]) - int(before[4:]) == 2 for before, after in pairwise(subjects))
    assert [listed.key for listed in (await own.list_objects("exports/")).objects] == [export.file_key]


def _subjects(content: bytes, form: Format) -> list[Any]:
    if form is Format.JSONL:
        return [json.loads(line)["subject"] for line in content.splitlines()]
    return [line[8] for line in list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]]
