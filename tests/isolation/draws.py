"""Requests without end that name what another tenant has, in every place where a request can name something; each is made from its number."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID, uuid5

from graphql import get_named_type, is_leaf_type

from backend.graphql.ids import global_id
from infra.clock import now
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, made, quantity, shipped
from tests.graphql.operations import Operation, leaves, operations, schema, selection
from tests.graphql.test_commands import document
from tests.graphql.test_isolation import OWN, _filled
from tests.isolation.victims import DUMPLINGS, FLOUR_LOT, PALLET

_NAMES: Final = UUID("00000000-0000-4000-8000-00000000beef")
_FILTERS: Final = (
    "EQ_eventID", "EQ_transformationID", "MATCH_epc", "MATCH_anyEPC", "MATCH_epcClass", "MATCH_anyEPCClass", "MATCH_parentID", "EQ_bizLocation",
    "EQ_readPoint", "EQ_bizStep", "nextPageToken", "perPage", "eventType", "GE_recordTime", "tenant_id", "tenant",
)  # fmt: skip
_HEADERS: Final = (
    "X-Tenant-Id", "X-Tenant", "X-Forwarded-Host", "Host", "X-Forwarded-For", "Idempotency-Key", "X-Request-Id", "X-Original-URL", "Cookie", "DPoP",
)  # fmt: skip
_QUERIES: Final = ("/epcis/queries/", "/epcis/queries/SimpleEventQuery/subscriptions/")
# Nobody signs himself out while he tries, or makes his own sandbox afresh.
_LEFT_OUT: Final = ("signOut", "revokeOtherSessions", "resetSandbox")
_SECRETS: Final = ("acceptInvitation", "invitationPreview", "resetPassword", "signIn", "refreshToken", "reauthenticate", "confirmSecondFactor")


@dataclass(frozen=True)
class Request:
    """One attempt."""

    place: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Known:
    """What the one who tries has learned: names of the victims', and of their firms; and what he has left of secrets of theirs."""

    identifiers: list[str]
    tenants: tuple[tuple[int, str, str], ...]
    own_slug: str
    secrets: tuple[str, ...] = ()


@dataclass
class Draw:
    """One request, from the chance that its number is the seed of."""

    known: Known
    chance: Random

    def request(self) -> Request:
        """The request."""
        make: Callable[[str], Request] = getattr(self, f"_{self.chance.choice(PLACES)}")
        return make(self._named())

    def reading(self, text: str) -> Request:
        """A request that only reads, and names `text` and nothing else of a victim's."""
        make: Callable[[str], Request] = getattr(self, f"_{self.chance.choice(READING)}")
        return make(self._dressed_up(text))

    def _uuid(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def _named(self) -> str:
        """Something of the victims', perhaps dressed up."""
        text = self.chance.choice(self.known.identifiers)
        number, public_id, _ = self.chance.choice(self.known.tenants)
        dressed: list[Callable[[], str]] = [
            lambda: self._dressed_up(text),
            lambda: self._dressed_up(text),
            lambda: f"{text}' or tenant_id = {number} --",
            lambda: f"{text}'; set local app.tenant_id = '{number}'; select '",
            lambda: f"{number}/{text}",
            lambda: f"../{public_id}/{text}",
            lambda: f"{text}\r\nX-Tenant-Id: {number}",
        ]
        return self.chance.choice(dressed)()

    def _dressed_up(self, text: str) -> str:
        dressed: list[Callable[[], str]] = [
            lambda: text,
            lambda: text,
            lambda: text,
            lambda: str(global_id(self.chance.choice(node_kinds()), text)),
            lambda: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
            lambda: base64.urlsafe_b64encode(f"s{text}".encode()).decode(),
            text.upper,
        ]
        return self.chance.choice(dressed)()

    def _path(self, named: str) -> Request:
        prefix = self.chance.choice(["/epcis/capture/", "/epcis/events/", "/01/", "/epcis/events/ni:///", "/mobile/v1/uploads/", "/", *_QUERIES])
        method = self.chance.choice(["GET", "GET", "GET", "DELETE", "PUT"])
        return Request("path", method, prefix + quote(named, safe=self.chance.choice(["", "/:", "/"])))

    def _query(self, named: str) -> Request:
        path = self.chance.choice(["/epcis/events", "/epcis/capture", "/mobile/v1/changes", "/auth/me", "/metrics", "/health/ready"])
        name = self.chance.choice(["since", "limit"] if path.startswith("/mobile") else _FILTERS)
        return Request("query", "GET", f"{path}?{name}={quote(named, safe='')}")

    def _header(self, named: str) -> Request:
        path = self.chance.choice(["/epcis/events", "/epcis/capture", "/mobile/v1/changes", "/auth/me", f"/01/{DUMPLING}/10/V-D1", "/health/ready"])
        value = named.replace("\r\n", " ").encode("ascii", "ignore").decode().strip() or "x"
        number, _, slug = self.chance.choice(self.known.tenants)
        return Request("header", "GET", path, {self.chance.choice(_HEADERS): self.chance.choice([value, f"{slug}.suyuan.test", str(number)])})

    def _page(self, named: str) -> Request:
        keys = [f"/01/{DUMPLING}/10/V-D1", f"/01/{DUMPLING}/21/V-S1", f"/01/{FLOUR}/10/V-F1", f"/01/{DUMPLING}/10/{quote(named, safe='')}"]
        host = self.chance.choice(["suyuan.test", f"{self.chance.choice(self.known.tenants)[2]}.suyuan.test", f"{self.known.own_slug}.suyuan.test"])
        accept = self.chance.choice(["text/html", "application/json", "application/linkset+json", "application/ld+json"])
        return Request("page", "GET", self.chance.choice(keys), {"Host": host, "Accept": accept})

    def _sync(self, named: str) -> Request:
        goods = [{"key": self.chance.choice([named, FLOUR_LOT, DUMPLINGS, PALLET]), "quantity": 1}]
        fields: dict[str, Any] = self.chance.choice(
            [
                {"kind": "ship", "goods": goods, "fromPlace": PLANT, "toParty": named},
                {"kind": "ship", "goods": goods, "fromPlace": PLANT, "toParty": CUSTOMER},
                {"kind": "unpack", "container": goods[0]["key"], "place": PLANT},
                {"kind": "inspect", "goods": goods, "place": PLANT, "result": "fail", "note": named},
                {"kind": "epcis", "event": {**made([], [quantity(FLOUR_LOT, 1)]), "eventID": named}},
            ]
        )
        identifier = self.chance.choice([self._uuid(), named, self.chance.choice(self.known.identifiers)])
        entry = {"id": identifier, "sequence": 1, "occurredAt": now().isoformat(), "mode": self.chance.choice(["fact", "command"]), **fields}
        return Request("sync", "POST", "/mobile/v1/sync", body={"entries": [entry]})

    def _document(self, named: str) -> Request:
        event = {**made([], [quantity(self.chance.choice([FLOUR_LOT, DUMPLINGS]), 1)]), "eventID": named}
        if self.chance.random() < 0.5:
            event = {**shipped([PALLET]), "errorDeclaration": {"declarationTime": "2026-03-02T09:00:00Z", "correctiveEventIDs": [named]}}
        proceed = self.chance.choice(["proceed", "rollback"])
        return Request("document", "POST", "/epcis/capture", {"GS1-Capture-Error-Behaviour": proceed}, document(event))

    def _graphql(self, named: str) -> Request:
        return self._operation(named, self.chance.choice(_operations()))

    def _graphql_reading(self, named: str) -> Request:
        return self._operation(named, self.chance.choice([each for each in _operations() if each.kind == "query"]))

    def _operation(self, named: str, operation: Operation) -> Request:
        variables = json.loads(json.dumps(operation.variables))
        if self.chance.random() < 0.5:
            # What the use case would take, but for the one thing that is named.
            variables = _filled(variables, OWN)
        places = list(leaves(operation.field))
        if places:
            path, listed = self.chance.choice(places)
            put(variables, path, [named] if listed else named)
        inner = get_named_type(operation.field.type)
        wanted = "" if is_leaf_type(inner) else selection(inner, self.chance)
        key = self.chance.choice([self._uuid(), self.chance.choice(self.known.identifiers)])
        body = {"query": operation.document(variables, wanted), "variables": variables}
        return Request("graphql", "POST", "/graphql", {"Idempotency-Key": header_text(key)}, body)

    def _identity(self, named: str) -> Request:
        _, public_id, slug = self.chance.choice(self.known.tenants)
        secret = self.chance.choice([named, *self.known.secrets])
        identifier = self.chance.choice([self._uuid(), *(name for name in self.known.identifiers if len(name) == 36)][:400])
        path, body = self.chance.choice(
            [
                ("/auth/refresh", {"refreshToken": secret[:200]}),
                ("/auth/refresh", {"refreshToken": f"{public_id}.{secret}"[:200]}),
                ("/auth/sign-in", {"login": named[:200], "password": secret[:200], "tenant": slug}),
                ("/mobile/v1/devices", {"code": secret[:200]}),
                ("/mobile/v1/devices/token", {"tenant": public_id, "device": identifier}),
                ("/mobile/v1/devices/token", {"tenant": public_id, "device": identifier, "session": identifier}),
                ("/mobile/v1/devices/switch", {"badge": secret[:200]}),
                ("/mobile/v1/devices/switch", {"member": identifier, "pin": "739155"}),
            ]
        )
        return Request("identity", "POST", path, body=body)

    def _key(self, named: str) -> Request:
        """A key at each place that takes one, instead of what the caller has."""
        secret = self.chance.choice([named, *self.known.secrets])
        identifier = self.chance.choice(self.known.identifiers)
        scheme = self.chance.choice(["Bearer", "DPoP", "Basic"])
        if self.chance.random() < 0.5:
            form = {"grant_type": "client_credentials", "client_id": identifier, "client_secret": secret}
            return Request("key", "POST", "/oauth/token", {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form))
        path = self.chance.choice(["/epcis/events", "/epcis/capture", "/auth/me", "/mobile/v1/changes", "/mobile/v1/devices/members"])
        return Request("key", "GET", path, {"Authorization": f"{scheme} {secret}"})

    def _secret(self, named: str) -> Request:
        """A secret that is of no use any more, at the fields that take one."""
        operation = self.chance.choice([each for each in _operations() if each.name in _SECRETS])
        variables = _filled(json.loads(json.dumps(operation.variables)), OWN)
        path, _ = self.chance.choice([leaf for leaf in leaves(operation.field) if leaf[0][-1] in ("token", "refreshToken", "password", "code")])
        put(variables, path, self.chance.choice([named, *self.known.secrets]))
        wanted = selection(get_named_type(operation.field.type), self.chance)
        body = {"query": operation.document(variables, wanted), "variables": variables}
        return Request("secret", "POST", "/graphql", {"Idempotency-Key": self._uuid()}, body)


PLACES: Final = ("path", "query", "header", "page", "sync", "document", "graphql", "graphql", "graphql", "graphql", "identity", "key", "secret")
READING: Final = ("path", "query", "page", "graphql_reading", "graphql_reading")


@lru_cache(maxsize=1)
def _operations() -> list[Operation]:
    return [each for each in operations("query", "mutation") if each.name not in _LEFT_OUT]


@lru_cache(maxsize=1)
def node_kinds() -> list[str]:
    """Every type that has a global id."""
    node = schema().type_map["Node"]
    return sorted(each.name for each in schema().get_possible_types(node))  # type: ignore[arg-type]  # Node is an interface


def header_text(value: str) -> str:
    """As much of a text as a header can hold."""
    return "".join(character for character in value if 32 <= ord(character) < 127)[:300] or "x"


def put(variables: dict[str, Any], path: tuple[str, ...], given: Any) -> None:
    """Put a value at a path of an operation's variables."""
    place: Any = variables
    for name in path[:-1]:
        place = place.setdefault(name, {}) if place.get(name) is not None or name not in place else place
        place = place[0] if isinstance(place, list) else place
    place[path[-1]] = given


_SHAPES: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|urn:.+|ni:///.+|.*(?:/10/|/21/).+|d[0-9a-f]{12}(?:@example\.com)?"
)


def twin_of(text: str) -> str | None:
    """What looks like a name and names nothing, of the same length; None where there is no telling (a number, a word, a key with a check digit)."""
    if not _SHAPES.fullmatch(text):
        return None
    other = uuid5(_NAMES, text).hex
    for place in range(len(text.partition("?")[0]) - 1, -1, -1):
        if text[place] in "0123456789abcdef":
            changed = next(sign for sign in other if sign != text[place] and sign.isdigit() == text[place].isdigit())
            return text[:place] + changed + text[place + 1 :]
    return None
