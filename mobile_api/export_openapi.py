"""`python -m mobile_api.export_openapi`: write mobile_api/openapi.json; with `--check`, show what differs from it and exit 1."""

import argparse
import difflib
import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from mobile_api.device_schemas import DeviceTokenAnswer, EnrolRequest, MembersAnswer, SwitchRequest, TokenRequest
from mobile_api.entries import Batch
from mobile_api.routes import PATH, mobile_router
from mobile_api.schemas import ChangesAnswer, Problem, SyncAnswer, UploadAnswer, UploadRequest

COMMITTED: Final = Path(__file__).with_name("openapi.json")
_BODIES: Final = (
    SyncAnswer, ChangesAnswer, UploadRequest, UploadAnswer, EnrolRequest, TokenRequest, SwitchRequest, DeviceTokenAnswer, MembersAnswer, Problem,
)  # fmt: skip
_SCHEMAS: Final = "#/components/schemas/{name}"


def document() -> dict[str, Any]:
    """The OpenAPI document of the phones' routes.

    A batch is read entry by entry from its bytes, so the route has no typed body that the framework could describe: it is put in here.
    The schemas are msgspec's own, which tell the kinds of entries apart and keep what the types say of themselves.
    """
    config = OpenAPIConfig(
        title="Suyuan mobile API",
        version="1",
        description="What a scanning phone talks to. Times are RFC 3339; quantities are exact decimal numbers.",
        security=[{"bearer": []}, {"dpop": []}],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "dpop": SecurityScheme(type="http", scheme="DPoP", description="RFC 9449: every request also has a proof in the header DPoP"),
            }
        ),
    )
    app = Litestar([mobile_router()], openapi_config=config, logging_config=None)
    written: dict[str, Any] = json.loads(json.dumps(app.openapi_schema.to_schema()))
    (batch, *_), described = msgspec.json.schema_components([Batch, *_BODIES], ref_template=_SCHEMAS)
    quantity = described["Item"]["properties"]["quantity"]["anyOf"][0]
    quantity["type"] = ["number", "string"]
    written["components"]["schemas"] = described
    written["paths"][f"{PATH}/sync"]["post"]["requestBody"] = {"required": True, "content": {"application/json": {"schema": batch}}}
    return written


def text() -> str:
    """The document as it is committed: sorted, so that a change shows as itself alone."""
    return json.dumps(document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mobile_api.export_openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if the committed document isn't what the code says")
    current = text()
    if not parser.parse_args(arguments).check:
        COMMITTED.write_text(current, encoding="utf-8")
        return 0
    committed = COMMITTED.read_text(encoding="utf-8") if COMMITTED.exists() else ""
    difference = difflib.unified_diff(committed.splitlines(True), current.splitlines(True), "openapi.json", "openapi.json as the code says")
    sys.stdout.writelines(difference)
    if committed != current:
        sys.stdout.write("Run `python -m mobile_api.export_openapi` and commit the result.\n")
    return int(committed != current)


if __name__ == "__main__":
    sys.exit(main())
