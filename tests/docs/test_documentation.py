"""What the documentation names exists: paths, links, commands, settings, routes, fields, tables, and every name in backticks."""

import importlib
import importlib.util
import re
from functools import lru_cache

import httpx
import pytest
from litestar import Litestar

from backend.demo import loading
from backend.graphql.schema import build_schema
from infra.migrate import load_models
from infra.schema import metadata
from infra.settings import Settings
from tenants.http import declared_routes
from tests.docs.documents import ROOT, Page, page, pages, source_files
from tests.docs.settings_table import expected, table_in

PAGES = pages()
LONGEST_README = 120
LONGEST_LINE = 150
PICTURE_BYTES = 400_000
FILE_KINDS = r"(?:py|md|json|yaml|toml|graphql|tf|png|env|sh|html|lock)"
# Programs, protocols and words of others that the documentation names, and that nothing here can confirm.
FOREIGN = frozenset({
    "DOCTYPE", "ROLLBACK", "SERIALIZABLE", "begin", "commit", "curl", "export", "json", "local", "localhost", "pg_basebackup", "pg_dump",
    "pg_snapshot_xmin", "recorded_seq", "request", "set_config", "superseded_seq", "union", "unnest",
})  # fmt: skip
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
METRIC = re.compile(r"suyuan_request\w+")


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """Every word of the sources and every part of their paths."""
    names = {f"SUYUAN_{name.upper()}" for name in Settings.model_fields}
    for path in source_files():
        names.update(NAME.findall(path.read_text(encoding="utf-8")))
        names.update(NAME.findall(path.relative_to(ROOT).as_posix()))
    return frozenset(names)


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_name_in_backticks_exists(told: Page) -> None:
    named = {name for span in told.spans for name in NAME.findall(_without_addresses(span)) if not METRIC.fullmatch(name)}
    assert sorted(named - known_names() - FOREIGN) == []


def _without_addresses(span: str) -> str:
    return re.sub(r"https?://\S+|…|<[a-z]+>|\{[a-z]+\}", " ", span)


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_path_in_backticks_exists(told: Page) -> None:
    paths = [span for span in told.spans if re.fullmatch(rf"[\w.*-]+(/[\w.*-]+)*(/|\.{FILE_KINDS})", span) and ("/" in span or "." in span)]
    # `models.py` alone is any noun's.
    assert [path for path in paths if not any([*ROOT.glob(path), *told.path.parent.glob(path), *ROOT.glob(f"backend/*/{path}")])] == []


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_link_leads_to_a_page_and_heading(told: Page) -> None:
    for link in told.links:
        if not link.startswith(("http://", "https://")):
            path, _, anchor = link.partition("#")
            target = told.path.parent / path if path else told.path
            assert target.exists(), link
            assert not anchor or anchor in Page(target).anchors, link


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_make_target_exists(told: Page) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for span in _commands(told) for target in re.findall(r"^make ([a-z-]+)", span, re.MULTILINE)}
    assert named <= targets


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_python_command_exists(told: Page) -> None:
    modules = {module for span in _commands(told) for module in re.findall(r"python3? -m ([\w.]+)", span)}
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []
    acts = {act for span in _commands(told) for act in re.findall(r"backend\.cli ([\w-]+)", span)}
    cli = importlib.import_module("backend.cli")
    assert [act for act in acts if act not in cli.COMMANDS] == []


def _commands(told: Page) -> list[str]:
    return [*told.spans, *(block.text for block in told.blocks)]


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_environment_variable_is_read_somewhere(told: Page) -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in source_files()}
    settings = {f"SUYUAN_{name.upper()}" for name in Settings.model_fields}
    for variable in set(re.findall(r"\b(?:SUYUAN_[A-Z0-9_]+|DATABASE_ADMIN_URL)\b", told.prose)):
        assert variable in settings or any(f'"{variable}"' in text for text in sources.values()), variable


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_every_route_exists(told: Page, app: Litestar) -> None:
    routes = [re.compile(_pattern(path)) for path, _, _ in declared_routes(app)]
    named = [re.sub(r"^(GET|POST) ", "", span).partition("?")[0].rstrip("…/") or "/" for span in told.spans if re.match(r"(?:(?:GET|POST) )?/", span)]
    groups = {prefix for path, _, _ in declared_routes(app) for prefix in (path.rsplit("/", count)[0] for count in range(1, path.count("/") + 1))}
    assert [path for path in named if path not in groups and not any(route.fullmatch(path) for route in routes)] == []


def _pattern(path: str) -> str:
    """A route as the documentation may write it: with a name in braces, a value or an ellipsis in place of a parameter."""
    return re.sub(r"\\\{\w+:path\\\}", ".+", re.sub(r"\\\{\w+(:(?!path)\w+)?\\\}", "[^/]+", re.escape(path)))


async def test_every_metric_that_is_named_is_measured(client: httpx.AsyncClient) -> None:
    await client.get("/health/live")
    told = (await client.get("/metrics")).text
    named = {span for told_page in PAGES for span in told_page.spans if METRIC.fullmatch(span)}
    assert named
    assert [name for name in named if name not in told] == []


def test_every_graphql_operation_is_named_in_the_api_page() -> None:
    schema = build_schema()._schema
    fields = {name for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root for name in root.fields}
    text = page("backend/docs/api.md").text
    assert sorted(name for name in fields if f"`{name}`" not in text) == []


def test_the_model_page_names_each_table_once() -> None:
    load_models()
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page("backend/docs/model.md").prose, re.MULTILINE)
    named = [table for row in rows for table in re.findall(r"`(\w+)`", row) if table.islower()]
    assert sorted(named) == sorted(metadata.tables)


def test_the_settings_table_says_what_the_settings_say() -> None:
    table = table_in(page("backend/docs/operating.md").text)
    assert table == expected(table), "run: python -m tests.docs.settings_table"
    assert "| ? |" not in table


def test_the_readme_maps_every_package_of_the_backend() -> None:
    packages = {path.parent.name for path in (ROOT / "backend").glob("*/__init__.py")}
    rows = re.findall(r"^\| ((?:`\w+` ?)+)\|", page("README.md").prose, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == packages


def test_every_decision_is_listed() -> None:
    records = sorted(path.name for path in (ROOT / "backend/docs/adr").glob("0*.md"))
    assert [link for link in page("backend/docs/adr/README.md").links if link.startswith("0")] == records
    assert [record[:4] for record in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]


@pytest.mark.parametrize("told", PAGES, ids=str)
def test_lines_are_short_enough_to_read(told: Page) -> None:
    assert [line for line in told.text.splitlines() if len(line) > LONGEST_LINE and not line.startswith(("|", "!["))] == []


def test_the_readme_is_short_and_its_picture_is_small() -> None:
    assert len(page("README.md").text.splitlines()) <= LONGEST_README
    assert sum(path.stat().st_size for path in (ROOT / "backend/docs/pictures").iterdir()) <= PICTURE_BYTES


@pytest.mark.parametrize("name", ["README.md", "backend/docs/api.md"])
def test_the_examples_sign_in_as_the_demo_does(name: str) -> None:
    [block] = [block for block in page(name).blocks if block.info == "sh demo"]
    given = dict(line.split("=", 1) for line in block.text.splitlines())
    logins = {login: slug for slug, login, _, _ in loading.PEOPLE}
    assert given["SUYUAN"] == "http://localhost:8000"
    assert given["PASSWORD"] == loading.PASSWORD
    assert given.get("PAGES", f"http://{logins[given['LOGIN']]}.localhost:8000") == f"http://{logins[given['LOGIN']]}.localhost:8000"
