"""How refusals are told: business ones as typed `userErrors`, the others as GraphQL errors with a code; unexpected ones tell nothing."""

import re
from enum import Enum
from typing import Any, Final

import asyncpg
import strawberry
from graphql import GraphQLError, GraphQLSyntaxError

from infra.errors import NotAuthenticatedError, PermissionDeniedError, SuyuanError, TooManyRequestsError
from infra.http import request_id
from infra.logging import get_logger
from tenants.errors import CodeRefusedError, InFlightError, KeyReusedError, SecondFactorRequiredError, SignInRefusedError

_SUGGESTION: Final = re.compile(r"\s*Did you mean .*$", re.DOTALL)
_LONGEST_MESSAGE: Final = 600
_log = get_logger("graphql")


@strawberry.enum(description="Why a mutation was refused; nothing was written.")
class UserErrorCode(Enum):
    """One code for each way of putting it right."""

    INVALID_INPUT = "INVALID_INPUT"
    INVALID_IDENTIFIER = "INVALID_IDENTIFIER"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    SESSION_ENDED = "SESSION_ENDED"
    TENANT_CHOICE_REQUIRED = "TENANT_CHOICE_REQUIRED"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    SECOND_FACTOR_STATE = "SECOND_FACTOR_STATE"
    CODE_REFUSED = "CODE_REFUSED"
    PROOF_REFUSED = "PROOF_REFUSED"
    PASSWORD_REFUSED = "PASSWORD_REFUSED"  # noqa: S105 - a code
    PASSWORD_TOO_SHORT_ALONE = "PASSWORD_TOO_SHORT_ALONE"  # noqa: S105 - a code
    RESET_NOT_POSSIBLE = "RESET_NOT_POSSIBLE"
    RESET_REFUSED = "RESET_REFUSED"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    MEMBER_NOT_FOUND = "MEMBER_NOT_FOUND"
    DOCUMENT_INVALID = "DOCUMENT_INVALID"
    EVENT_INVALID = "EVENT_INVALID"
    EVENT_CONFLICT = "EVENT_CONFLICT"
    CAPTURE_LIMIT_EXCEEDED = "CAPTURE_LIMIT_EXCEEDED"
    OBJECT_NOT_FOUND = "OBJECT_NOT_FOUND"
    AMBIGUOUS_CODE = "AMBIGUOUS_CODE"
    GOODS_HELD = "GOODS_HELD"
    RECALL_CHECK_NOT_FOUND = "RECALL_CHECK_NOT_FOUND"
    RECALL_CHECK_RECORDED = "RECALL_CHECK_RECORDED"
    RECALL_CHECK_DROPPED = "RECALL_CHECK_DROPPED"
    RECALL_NOT_ANNOUNCED = "RECALL_NOT_ANNOUNCED"
    RECALL_DRILL_NOT_FOUND = "RECALL_DRILL_NOT_FOUND"
    RECALL_DRILL_STATE = "RECALL_DRILL_STATE"
    RECALL_DRILL_EMPTY = "RECALL_DRILL_EMPTY"
    RECALL_NO_DRILL = "RECALL_NO_DRILL"
    RECALL_FINDING_NOT_FOUND = "RECALL_FINDING_NOT_FOUND"
    HOLD_NOT_FOUND = "HOLD_NOT_FOUND"
    HOLD_RELEASED = "HOLD_RELEASED"
    ALERT_NOT_FOUND = "ALERT_NOT_FOUND"
    ALERT_CLOSED = "ALERT_CLOSED"
    ALERT_ACKNOWLEDGED = "ALERT_ACKNOWLEDGED"
    ALERT_OPEN = "ALERT_OPEN"
    ESCALATION_POLICY_NOT_FOUND = "ESCALATION_POLICY_NOT_FOUND"
    DUTY_TEAM_NOT_FOUND = "DUTY_TEAM_NOT_FOUND"
    DUTY_TEAM_IN_USE = "DUTY_TEAM_IN_USE"
    SHIFT_PLAN_NOT_FOUND = "SHIFT_PLAN_NOT_FOUND"
    RECEIVER_NOT_FOUND = "RECEIVER_NOT_FOUND"
    HOLD_SCOPE_TOO_LARGE = "HOLD_SCOPE_TOO_LARGE"
    TOO_MANY_HOLDS = "TOO_MANY_HOLDS"
    ALIAS_TO_ITSELF = "ALIAS_TO_ITSELF"
    ALIAS_KINDS_DIFFER = "ALIAS_KINDS_DIFFER"
    ALIAS_EXISTS = "ALIAS_EXISTS"
    TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
    ALIAS_NOT_FOUND = "ALIAS_NOT_FOUND"
    ALIAS_REVOKED = "ALIAS_REVOKED"
    CHANNEL_NOT_FOUND = "CHANNEL_NOT_FOUND"
    ROUTE_NOT_FOUND = "ROUTE_NOT_FOUND"
    DELIVERY_NOT_FOUND = "DELIVERY_NOT_FOUND"
    DELIVERY_NOT_DEAD = "DELIVERY_NOT_DEAD"
    TOO_MANY_NOTIFICATION_SETTINGS = "TOO_MANY_NOTIFICATION_SETTINGS"
    LOT_SIZE_WRONG = "LOT_SIZE_WRONG"
    INSPECTION_LEVEL_UNKNOWN = "INSPECTION_LEVEL_UNKNOWN"
    AQL_UNKNOWN = "AQL_UNKNOWN"
    SAMPLING_PLAN_MISSING = "SAMPLING_PLAN_MISSING"
    SAMPLING_PLAN_NOT_FOUND = "SAMPLING_PLAN_NOT_FOUND"
    SAMPLING_PLAN_ARCHIVED = "SAMPLING_PLAN_ARCHIVED"
    SAMPLING_STATE_NOT_FOUND = "SAMPLING_STATE_NOT_FOUND"
    SAMPLING_DISCONTINUED = "SAMPLING_DISCONTINUED"
    SEVERITY_SWITCH_REFUSED = "SEVERITY_SWITCH_REFUSED"
    INSTRUMENT_NOT_FOUND = "INSTRUMENT_NOT_FOUND"
    INSTRUMENT_EXISTS = "INSTRUMENT_EXISTS"
    INSTRUMENT_STATE = "INSTRUMENT_STATE"
    CALIBRATION_NOT_FOUND = "CALIBRATION_NOT_FOUND"
    PHOTO_TYPE_REFUSED = "PHOTO_TYPE_REFUSED"
    PHOTO_SIZE_REFUSED = "PHOTO_SIZE_REFUSED"
    PHOTO_NOT_FOUND = "PHOTO_NOT_FOUND"
    PHOTO_REFUSED = "PHOTO_REFUSED"
    TOO_MANY_PHOTOS = "TOO_MANY_PHOTOS"
    RECALL_NOT_FOUND = "RECALL_NOT_FOUND"
    RECALL_STATE = "RECALL_STATE"
    RECALL_DECIDED = "RECALL_DECIDED"
    RECALL_SCOPE_EMPTY = "RECALL_SCOPE_EMPTY"
    RECALL_DUTIES_OPEN = "RECALL_DUTIES_OPEN"
    RECALL_IS_DRILL = "RECALL_IS_DRILL"
    RECALL_CLOCK_NOT_FOUND = "RECALL_CLOCK_NOT_FOUND"
    RECALL_HOLD = "RECALL_HOLD"
    SPECIFICATION_IMPOSSIBLE = "SPECIFICATION_IMPOSSIBLE"
    SPECIFICATION_NOT_FOUND = "SPECIFICATION_NOT_FOUND"
    SPECIFICATION_EXISTS = "SPECIFICATION_EXISTS"
    SPECIFICATION_RELEASED = "SPECIFICATION_RELEASED"
    INSPECTION_NOT_FOUND = "INSPECTION_NOT_FOUND"
    NO_SPECIFICATION = "NO_SPECIFICATION"
    INSPECTION_CONCLUDED = "INSPECTION_CONCLUDED"
    INSPECTION_OPEN = "INSPECTION_OPEN"
    INSPECTION_NOT_READY = "INSPECTION_NOT_READY"
    CHARACTERISTIC_UNKNOWN = "CHARACTERISTIC_UNKNOWN"
    REPORT_CONFLICT = "REPORT_CONFLICT"
    SCHEDULE_NOT_FOUND = "SCHEDULE_NOT_FOUND"
    UPLOAD_NOT_FOUND = "UPLOAD_NOT_FOUND"
    TABLE_UNREADABLE = "TABLE_UNREADABLE"
    NONCONFORMANCE_NOT_FOUND = "NONCONFORMANCE_NOT_FOUND"
    NONCONFORMANCE_STATE = "NONCONFORMANCE_STATE"
    DISPOSITION_INVALID = "DISPOSITION_INVALID"
    DISPOSITION_NOT_FOUND = "DISPOSITION_NOT_FOUND"
    DECISION_NOT_FOUND = "DECISION_NOT_FOUND"
    SECOND_PERSON_REQUIRED = "SECOND_PERSON_REQUIRED"
    PROOF_MISSING = "PROOF_MISSING"
    CORRECTIVE_ACTION_NOT_FOUND = "CORRECTIVE_ACTION_NOT_FOUND"
    CORRECTIVE_ACTION_STATE = "CORRECTIVE_ACTION_STATE"
    ACTION_ITEM_NOT_FOUND = "ACTION_ITEM_NOT_FOUND"
    SUPPLIER_REQUEST_NOT_FOUND = "SUPPLIER_REQUEST_NOT_FOUND"
    SUPPLIER_REQUEST_STATE = "SUPPLIER_REQUEST_STATE"
    RECALL_NOTICE_NOT_FOUND = "RECALL_NOTICE_NOT_FOUND"
    RECALL_NOTICE_STATE = "RECALL_NOTICE_STATE"
    RECALL_CONTACT_NOT_FOUND = "RECALL_CONTACT_NOT_FOUND"
    TOO_MANY_RECALL_CONTACTS = "TOO_MANY_RECALL_CONTACTS"
    RECALL_LINK_INVALID = "RECALL_LINK_INVALID"
    MORE_THAN_RECEIVED = "MORE_THAN_RECEIVED"
    RECALL_CONNECTION_NOT_FOUND = "RECALL_CONNECTION_NOT_FOUND"
    RULE_INVALID = "RULE_INVALID"
    RULE_NOT_FOUND = "RULE_NOT_FOUND"
    RULE_CHANGED = "RULE_CHANGED"
    RULE_STATE = "RULE_STATE"
    RULE_TOO_LOUD = "RULE_TOO_LOUD"
    TOO_MANY_RULES = "TOO_MANY_RULES"
    CERTIFICATE_NOT_FOUND = "CERTIFICATE_NOT_FOUND"
    MEMBER_STATE = "MEMBER_STATE"
    OWN_RIGHTS = "OWN_RIGHTS"
    OWNER_REQUIRED = "OWNER_REQUIRED"
    LAST_OWNER = "LAST_OWNER"
    ROLE_NOT_FOUND = "ROLE_NOT_FOUND"
    ROLE_IN_USE = "ROLE_IN_USE"
    ALREADY_MEMBER = "ALREADY_MEMBER"
    ALREADY_INVITED = "ALREADY_INVITED"
    DOCUMENT_NOT_FOUND = "DOCUMENT_NOT_FOUND"
    DOCUMENT_SUBJECT_NOT_FOUND = "DOCUMENT_SUBJECT_NOT_FOUND"
    DOCUMENT_STATE = "DOCUMENT_STATE"
    TOO_MANY_DOCUMENTS = "TOO_MANY_DOCUMENTS"
    INVITATION_NOT_FOUND = "INVITATION_NOT_FOUND"
    INVITATION_CLOSED = "INVITATION_CLOSED"
    INVITATION_INVALID = "INVITATION_INVALID"
    CLIENT_NOT_FOUND = "CLIENT_NOT_FOUND"
    CLIENT_SECRET_NOT_FOUND = "CLIENT_SECRET_NOT_FOUND"  # noqa: S105 - a code
    CLIENT_REVOKED = "CLIENT_REVOKED"
    TOO_MANY_SECRETS = "TOO_MANY_SECRETS"
    TOO_MANY_EXPORTS = "TOO_MANY_EXPORTS"
    WEBHOOK_NOT_FOUND = "WEBHOOK_NOT_FOUND"
    WEBHOOK_DELIVERY_NOT_FOUND = "WEBHOOK_DELIVERY_NOT_FOUND"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"
    WEBHOOK_WAITING = "WEBHOOK_WAITING"
    TOO_MANY_WEBHOOKS = "TOO_MANY_WEBHOOKS"
    ADDRESS_REFUSED = "ADDRESS_REFUSED"
    SCOPE_REFUSED = "SCOPE_REFUSED"
    SANDBOX_NOT_FOUND = "SANDBOX_NOT_FOUND"
    CONFIRMATION_WRONG = "CONFIRMATION_WRONG"
    OUTSIDE_SITES = "OUTSIDE_SITES"
    DEVICE_NOT_FOUND = "DEVICE_NOT_FOUND"
    DEVICE_IS_REVOKED = "DEVICE_IS_REVOKED"
    PIN_REFUSED = "PIN_REFUSED"
    REVIEW_ENTRY_NOT_FOUND = "REVIEW_ENTRY_NOT_FOUND"
    REVIEW_ENTRY_RESOLVED = "REVIEW_ENTRY_RESOLVED"
    REVIEW_NEEDS_EVENT = "REVIEW_NEEDS_EVENT"
    REVIEW_NEEDS_NEW_ID = "REVIEW_NEEDS_NEW_ID"
    REVIEW_OF_DECLARATION = "REVIEW_OF_DECLARATION"


_BY_STATUS: Final = {400: UserErrorCode.INVALID_INPUT, 404: UserErrorCode.NOT_FOUND, 409: UserErrorCode.CONFLICT, 413: UserErrorCode.TOO_LARGE}


@strawberry.type(description="What has to be put right before the mutation can succeed.")
class UserError:
    """`field` is the path in the input, or in the document that it carries."""

    field: str | None
    code: UserErrorCode
    message: str


class RequestRefusedError(SuyuanError):
    """The request as a whole isn't executed: what it asks for, or how, breaks an announced rule. `rule` is the code that is told."""

    code = "REQUEST_REFUSED"
    status = 400

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def is_business(refusal: SuyuanError) -> bool:
    """Whether a refusal is the caller's to put right by other input: these become `userErrors`."""
    if isinstance(refusal, SignInRefusedError | SecondFactorRequiredError | CodeRefusedError):
        return True
    others = (NotAuthenticatedError, PermissionDeniedError, TooManyRequestsError, KeyReusedError, InFlightError, RequestRefusedError)
    return refusal.status < 500 and not isinstance(refusal, others)


def user_errors(refusal: SuyuanError) -> list[UserError]:
    """A business refusal, typed; one entry for each fault where the refusal lists them with path, rule and mend."""
    known = refusal.code in UserErrorCode.__members__
    code = UserErrorCode[refusal.code] if known else _BY_STATUS.get(refusal.status, UserErrorCode.CONFLICT)
    faults = getattr(refusal, "faults", ())
    if faults:
        return [UserError(field=fault.path, code=code, message=f"{fault.message} {fault.mend} ({fault.rule})") for fault in faults]
    return [UserError(field=refusal.field, code=code, message=refusal.message)]


def told(error: GraphQLError) -> GraphQLError:
    """The error as the caller may see it: with a code and the request id, and without what isn't his to know."""
    cause = _cause(error)
    extensions: dict[str, Any] = {"code": "INTERNAL", "requestId": request_id()}
    if isinstance(cause, SuyuanError) and cause.code != "INTERNAL":
        extensions["code"] = cause.rule if isinstance(cause, RequestRefusedError) else cause.code
        message = cause.message
        extensions |= {"field": cause.field} if cause.field else {}
        extensions |= {"retryAfter": cause.detail["retry_after"]} if "retry_after" in cause.detail else {}
        # What else may be meant by a code that is unknown, or that several objects have.
        extensions |= {name: cause.detail[name] for name in ("nearest", "candidates") if cause.detail.get(name)}
    elif isinstance(cause, asyncpg.QueryCanceledError | asyncpg.LockNotAvailableError | TimeoutError):
        extensions |= {"code": "UNAVAILABLE", "retryAfter": 1}
        message = "This took too long just now. Try again in a moment, or ask for less."
    elif isinstance(cause, GraphQLError) and _is_callers_fault(cause):
        extensions["code"] = "GRAPHQL_PARSE_FAILED" if isinstance(cause, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
        message = _SUGGESTION.sub("", cause.message)[:_LONGEST_MESSAGE]
    else:
        message = "Something went wrong on our side. Report the request id, and we can find it in the log."
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)


def log_unexpected(errors: list[GraphQLError]) -> None:
    """Log what the caller isn't told; expected refusals are no events for the log."""
    for error in errors:
        if code_of(told(error)) == "INTERNAL":
            _log.error("unexpected", exc_info=_cause(error), path=error.path)


def code_of(error: GraphQLError) -> str:
    """The code of an error as it is told."""
    return str((error.extensions or {}).get("code", ""))


def _cause(error: GraphQLError) -> BaseException:
    """What was raised, at the bottom of the errors that graphql-core wraps around it."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_callers_fault(error: GraphQLError) -> bool:
    """graphql-core's own errors come from reading the request, unless a value of ours didn't fit its type on the way out."""
    return error.path is None or error.message.startswith("Argument ")
