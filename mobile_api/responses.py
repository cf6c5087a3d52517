"""How the phones' routes describe their refusals."""

from litestar.openapi.datastructures import ResponseSpec

from mobile_api.schemas import Problem

_TOLD = {
    400: "Can't be understood; the field is named, nothing was written",
    401: "Nobody has signed in, or no more; or the proof doesn't hold, or needs the nonce of the answer's DPoP-Nonce",
    403: "The role lacks mobile.sync, or this isn't for whoever asks",
    409: "Contradicts what is stored; nothing was written",
    413: "Beyond an announced limit, nothing was written",
    429: "Too many tries or requests; wait for as long as Retry-After says",
    500: "A defect of ours; report the request id",
    503: "Try again; what was done by then isn't done twice",
}


def problems(*extra: int) -> dict[int, ResponseSpec]:
    """The refusals that every route knows, with `extra` ones."""
    statuses = sorted({400, 401, 403, 500, 503, *extra})
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=_TOLD[status], media_type="application/problem+json")
        for status in statuses
    }
