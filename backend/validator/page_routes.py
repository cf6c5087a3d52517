"""The page `/validator`: open to everyone, charged to the address, and keeping nothing."""

import asyncio
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from backend.history.negotiation import Language, choose_language
from backend.history.words import Notice
from backend.services import Services
from backend.validator.examples_shown import FOLDER, example_files
from backend.validator.page import LOOK, render_form, render_report
from backend.validator.reading import guessed_format
from backend.validator.samples import SAMPLES
from backend.validator.service import LARGEST, examine
from backend.validator.words import WORDS, Words
from infra.errors import NotFoundError, SuyuanError, TooLargeError, TooManyRequestsError, UnavailableError
from infra.http import EXCEPTION_HANDLERS, answer_http_error, answer_refusal, answer_unexpected
from tenants.http import client_address, public
from tenants.limits.edge import announced_length, tell
from tenants.limits.policies import Policy
from tenants.limits.service import refuse_over

# What the form adds to the document: boundaries, names of fields.
_FORM_BYTES: Final = 20_000
# A page a second, or a document of the largest size every twenty seconds.
PAGES: Final = Policy("validator", 60, 60)
BYTES_OF_A_UNIT: Final = 50_000
# Others wait, and then are told to come back: whoever has signed in shares the processor with these.
_AT_ONCE: Final = 1
_WAIT_SECONDS: Final = 5.0
_OPEN_TO_ALL: Final = public("integrators try documents before they are anybody's customers; nothing is read and nothing is kept", counted=False)
PageRequest = Request[Any, Any, Any]


class _TooMuchError(TooLargeError):
    """The document is larger than the validator takes."""

    code = "DOCUMENT_TOO_LARGE"

    def __init__(self) -> None:
        super().__init__(f"The validator takes documents of up to {LARGEST} bytes.", field="document")


class _BusyError(UnavailableError):
    """Others' documents are being examined."""

    code = "VALIDATOR_BUSY"


def validator_router(services: Services) -> Router:
    """The routes, to be mounted once."""
    turns = asyncio.Semaphore(_AT_ONCE)

    @get("/", opt=_OPEN_TO_ALL, include_in_schema=False)
    async def form(request: PageRequest) -> Response[bytes]:
        """The form; with `sample` one of the samples stands in it."""
        await _charge(services, request)
        return _page(render_form(_language(request), document=SAMPLES.get(request.query_params.get("sample", ""), "")), _language(request))

    @post("/", opt=_OPEN_TO_ALL, status_code=200, request_max_body_size=LARGEST + _FORM_BYTES, include_in_schema=False)
    async def report(request: PageRequest) -> Response[bytes]:
        """What was found in the form's document."""
        await _charge(services, request)
        language = _language(request)
        raw = await _document(request)
        if not raw.strip():
            return _page(render_form(language, notice=WORDS[language].none), language)
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await turns.acquire()
        except TimeoutError:
            raise _BusyError("Others are being served. Try again in a moment.", retry_after=3) from None
        try:
            found = await services.lane.compute(examine, raw, guessed_format(raw), language)
            rendered = await services.lane.compute(render_report, found)
        finally:
            turns.release()
        return _page(rendered, language)

    @get("/examples/{name:str}", opt=_OPEN_TO_ALL, include_in_schema=False)
    async def example(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
        """One file of the documentation's examples."""
        await _charge(services, request)
        if not any(name == file for files in example_files().values() for _, file in files):
            raise NotFoundError("There is no such example. The validator's page lists them.")
        return Response((FOLDER / name).read_bytes(), media_type="text/plain", headers={"Cache-Control": "public, max-age=3600"})

    return Router("/validator", route_handlers=[form, report, example], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, _answer_problem))


async def _charge(services: Services, request: PageRequest) -> None:
    """One unit for a page, and more for what takes longer to read. Raises `RateLimitedError`."""
    address = client_address(request, services.settings.trusted_proxies)
    units = 1 + min(announced_length(request), LARGEST) // BYTES_OF_A_UNIT
    levels = await services.identity.limits.charge_address(address, policy=PAGES, units=units)
    tell(request, levels)
    refuse_over(levels)


async def _document(request: PageRequest) -> bytes:
    """The file, where one was chosen, or the text. Raises `_TooMuchError`."""
    if announced_length(request) > LARGEST + _FORM_BYTES:
        raise _TooMuchError
    given = await request.form()
    raw = b""
    for name in ("file", "document"):
        value = given.get(name)
        raw = raw or (await value.read() if isinstance(value, UploadFile) else value.encode(errors="replace") if isinstance(value, str) else b"")
    if len(raw) > LARGEST:
        raise _TooMuchError
    return raw


def _language(request: PageRequest) -> Language:
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), Language.ZH)


def _page(body: bytes, language: Language, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    told = {
        **(headers or {}),
        "Content-Security-Policy": LOOK.content_security_policy,
        "Content-Language": language.tag,
        "Cache-Control": "no-store",
        "Vary": "Accept-Language",
    }
    return Response(body, status_code=status, media_type="text/html", headers=told)


def _answer_problem(request: PageRequest, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told on the page."""
    if isinstance(error, SuyuanError):
        told = answer_refusal(request, error)
    elif isinstance(error, HTTPException):
        told = answer_http_error(request, error)
    else:
        told = answer_unexpected(request, error)
    language, status = _language(request), told.status_code or 500
    headers = {name: value for name, value in told.headers.items() if name.lower() == "retry-after"}
    return _page(render_form(language, notice=_notice(WORDS[language], error, status)), language, status, headers)


def _notice(words: Words, error: Exception, status: int) -> Notice:
    if isinstance(error, TooManyRequestsError):
        return Notice(words.too_many.title, words.too_many.text.format(seconds=error.detail["retry_after"]))
    by_status = {413: words.too_large, 503: words.busy}
    return by_status.get(status) or (words.malformed if status < 500 else words.failed)
