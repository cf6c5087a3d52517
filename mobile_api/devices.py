"""The routes under /mobile/v1/devices: a phone is enrolled, gets tokens for its key, and is handed from one person to the next."""

from typing import Annotated, Any, Final

from litestar import Request, get, post
from litestar.params import HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from infra.errors import InvalidInputError
from infra.http import answer_headers
from mobile_api.device_schemas import DeviceTokenAnswer, EnrolRequest, Member, MembersAnswer, SwitchRequest, TokenRequest
from mobile_api.responses import problems
from tenants.devices.errors import NONCE_HEADER
from tenants.devices.service import DeviceToken
from tenants.devices.switching import Switching
from tenants.http import caller_of, identity_of, presented_proof, principal_of, proof_refusals_told, public, requires
from tenants.permissions import Permission

SMALL_BODY: Final = 4_096
_HTTP = Request[Any, Any, Any]
# Read from the request itself, where several of them are noticed; declared for who reads the description.
ProofHeader = Annotated[
    str | None,
    HeaderParameter(name="DPoP", description="A proof of possession (RFC 9449 §4.2) of the phone's P-256 key, made for this very request; required"),
]


@post(
    "/devices", status_code=HTTP_201_CREATED, opt=public("the one-use code in the body is the proof, and tries are counted by address"),
    request_max_body_size=SMALL_BODY, responses=problems(409, 413, 429), operation_id="enrolDevice", security=[{}],
)  # fmt: skip
async def enrol(request: _HTTP, data: JSONBody[EnrolRequest], proof: ProofHeader = None) -> DeviceTokenAnswer:
    """Enrol the phone whose new key signs the proof, with the code that was scanned. The code works once, for five minutes."""
    with proof_refusals_told(request):
        return _answer(request, await identity_of(request).devices.enrol(data.code, presented_proof(request), caller=caller_of(request)))


@post(
    "/devices/token", status_code=HTTP_200_OK, opt=public("the proof of the phone's key is the proof of who asks"),
    request_max_body_size=SMALL_BODY, responses=problems(413), operation_id="deviceToken", security=[{}],
)  # fmt: skip
async def token(request: _HTTP, data: JSONBody[TokenRequest], proof: ProofHeader = None) -> DeviceTokenAnswer:
    """A token for the phone, or for the person on it. A revoked phone is told so, and its token only delivers what it still holds."""
    with proof_refusals_told(request):
        given = await identity_of(request).devices.token(
            presented_proof(request), tenant_public_id=data.tenant, device_id=data.device, session_id=data.session, caller=caller_of(request)
        )
    return _answer(request, given)


@get("/devices/members", opt=requires(Permission.MOBILE_SYNC), responses=problems(), operation_id="deviceMembers")
async def members(request: _HTTP) -> MembersAnswer:
    """Who may use this phone, to choose from. Only an enrolled phone is told."""
    candidates = await Switching(identity_of(request).devices).candidates(principal_of(request))
    return MembersAnswer([Member.of(candidate) for candidate in candidates])


@post(
    "/devices/switch", status_code=HTTP_200_OK, opt=requires(Permission.MOBILE_SYNC), request_max_body_size=SMALL_BODY,
    responses=problems(409, 413, 429), operation_id="switchUser",
)  # fmt: skip
async def switch(request: _HTTP, data: JSONBody[SwitchRequest]) -> DeviceTokenAnswer:
    """Hand the phone to a member, by his badge or his PIN. The shift of whoever had it ends; this one ends after 12 hours at the latest."""
    switching, principal, caller = Switching(identity_of(request).devices), principal_of(request), caller_of(request)
    if data.badge is not None and data.member is None and data.pin is None and data.new_pin is None:
        return _answer(request, await switching.by_badge(principal, data.badge, caller=caller))
    if data.badge is None and data.member is not None and data.pin is not None:
        return _answer(request, await switching.by_pin(principal, data.member, data.pin, new_pin=data.new_pin, caller=caller))
    raise InvalidInputError("Send either badge, or member and pin.", field="badge")


def _answer(request: _HTTP, given: DeviceToken) -> DeviceTokenAnswer:
    answer_headers(request.scope)[NONCE_HEADER] = identity_of(request).devices.nonce()
    return DeviceTokenAnswer.of(given)
