"""Fills the demo: two firms that know nothing of each other, told everything through the REST route that a customer would use."""

import asyncio
import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from backend.demo.runtime import ROOT, public_url
from backend.sandbox.samples import put_catalogue
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from backend.simulator.master_data import MasterData
from infra.errors import ConflictError
from tenants.directory import person_by_login
from tenants.permissions import Role
from tenants.registration import add_claim, create_person_with_membership, create_tenant
from tenants.service import Caller

EVENTS = int(os.environ.get("SUYUAN_DEMO_EVENTS", "20000"))
_LOOK_SECONDS = 0.25
SEED = 20_26
MAKER, SAMPLES = "suwei", "samples"
PASSWORD = "steamed-dumplings-at-dawn"  # noqa: S105 - printed by the demo; the demo's accounts exist nowhere else
PEOPLE = (
    (MAKER, "owner@suwei.example", "林溯 Lin Su", Role.OWNER),
    (MAKER, "quality@suwei.example", "陈质 Chen Zhi", Role.QUALITY_MANAGER),
    (MAKER, "worker@suwei.example", "王工 Wang Gong", Role.WORKER),
    (SAMPLES, "owner@samples.example", "Sam Ple", Role.OWNER),
)
# Who signs releases has a second factor. Printed by the demo too, so that any authenticator app shows the codes.
SIGNER = "quality@suwei.example"
SIGNERS_SECRET = "SUYUANDEMOQUALITYMANAGER234567AB"  # noqa: S105 - see above
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Report:
    """What the samples' documents came to."""

    documents: int = 0
    events: int = 0
    duplicates: int = 0
    review: int = 0
    refused: list[str] = field(default_factory=list)


def simulation() -> Simulation:
    """The food maker's month: the same every time."""
    return simulate(Industry.FOOD, events=EVENTS, seed=SEED)


async def make_firms(services: Services, master_data: MasterData) -> None:
    """Tenants, people, claims and the maker's catalogue; what is there already stays."""
    company = master_data.company
    names = {MAKER: f"{company.name_zh} {company.name_en}", SAMPLES: "EPCIS Samples"}
    tenants = {}
    for slug, name in names.items():
        tenants[slug] = await create_tenant(services.identity, slug=slug, name=name)
    for slug, login, display_name, role in PEOPLE:
        await create_person_with_membership(services.identity, tenants[slug], login=login, password=PASSWORD, display_name=display_name, role=role)
    await add_claim(services.auth_database, tenants[MAKER], company.company_prefix, verified=True)
    tokens = await services.identity.sign_in("owner@suwei.example", PASSWORD, tenant_slug=MAKER, caller=Caller(address="127.0.0.1"))
    await services.in_tenant(tenants[MAKER].tenant_id, lambda tx: put_catalogue(tx, tokens.principal, master_data))


async def set_up_signing(services: Services) -> None:
    """Give the quality manager his second factor; one that is there already stays."""
    person = await person_by_login(services.auth_database, SIGNER)
    if person is not None:
        await services.identity.second_factors.install(person.person_id, SIGNERS_SECRET)


class Customer:
    """A customer's program: it signs in over HTTP and posts documents to the capture route."""

    def __init__(self, login: str) -> None:
        self._client = httpx.AsyncClient(base_url=public_url(), timeout=60)
        self._login = login

    async def __aenter__(self) -> "Customer":
        await self.sign_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def sign_in(self) -> None:
        """Get a fresh access token; they live ten minutes."""
        answer = await self._client.post("/auth/sign-in", json={"login": self._login, "password": PASSWORD})
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"

    async def post(self, body: bytes, content_type: str, *, path: str = "/epcis/capture", **headers: str) -> httpx.Response:
        """Send a document."""
        answer = await self._client.post(path, content=body, headers={"Content-Type": content_type, **headers})
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self.sign_in()
            answer = await self._client.post(path, content=body, headers={"Content-Type": content_type, **headers})
        return answer

    async def get(self, path: str) -> httpx.Response:
        """Look at something."""
        answer = await self._client.get(path)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self.sign_in()
            answer = await self._client.get(path)
        return answer

    async def ask(self, query: str, variables: dict[str, Any]) -> httpx.Response:
        """Ask the GraphQL API."""
        return await self._client.post("/graphql", json={"query": query, "variables": variables})


async def load_month(made: Simulation, progress: Progress) -> None:
    """Capture the month as one long document, and follow its job; what was captured before is a duplicate and costs nothing."""
    total = len(made.submissions)
    async with Customer("owner@suwei.example") as customer:
        [document] = made.documents(total)
        answer = await customer.post(_ENCODER.encode(document), "application/json", **{"GS1-Capture-Error-Behaviour": "proceed"})
        job = answer.raise_for_status().json()
        while job["running"]:
            await asyncio.sleep(_LOOK_SECONDS)
            job = (await customer.get(answer.headers["Location"])).raise_for_status().json()
            progress("A month of production", job["done"], total)
        if not job["success"]:
            raise ConflictError(f"The simulated month was refused: {job['errors'][:1]}. Run `make demo-reset`.")


def sample_documents() -> list[Path]:
    """Every example document of the public EPCIS collections where they are at hand, else the project's own few."""
    shared = Path(os.environ.get("SUYUAN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    found: list[Path] = []
    for folder in ("gs1-epcis", "epcis-implementations"):
        expectations = shared / folder / "expectations.csv"
        if expectations.exists():
            found += [shared / folder / path for path in _valid(expectations)]
    return found or sorted((Path(__file__).parent / "samples").glob("*.json"))


def _valid(expectations: Path) -> Iterable[str]:
    """Documents that are valid by their label: by the schema, or by the collection's own word."""
    with expectations.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            label = row.get("product_expectation", "")
            is_event_document = row["n_events"] not in ("", "0")
            if is_event_document and (label.startswith("MUST_ACCEPT") or (not label and row["schema_verdict"] == "valid")):
                yield row["path"]


async def load_samples(progress: Progress) -> Report:
    """Capture the examples into the second tenant; what uses a known event id with another body waits in its review queue."""
    report = Report()
    documents = [path for path in sample_documents() if path.suffix in (".json", ".jsonld", ".xml")]
    async with Customer("owner@samples.example") as customer:
        for number, path in enumerate(documents, start=1):
            kind = "application/xml" if path.suffix == ".xml" else "application/ld+json"
            answer = await customer.post(path.read_bytes(), kind, **{"GS1-Capture-Error-Behaviour": "proceed", "Prefer": "wait=30"})
            job = answer.json()
            if answer.status_code != httpx.codes.ACCEPTED or (job["rejected"] and not _only_conflicts(job)):
                report.refused.append(f"{path.name}: {job.get('detail') or job['errors'][0]['title']}")
            else:
                report.documents += 1
            report.events += job.get("accepted", 0)
            report.duplicates += job.get("duplicates", 0)
            report.review += sum(_is_conflict(error) for error in job.get("errors", []))
            progress("EPCIS example documents", number, len(documents))
    return report


def _is_conflict(error: dict[str, Any]) -> bool:
    return bool(error["type"] == "epcisException:ResourceAlreadyExistsException")


def _only_conflicts(job: dict[str, Any]) -> bool:
    return all(_is_conflict(error) for error in job["errors"])
