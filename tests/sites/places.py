"""What belongs to no site, with the reason. What needs a permission that doesn't count at a site (`UNDIVIDED`) isn't listed: it is tried."""

from typing import Final

from graphql import GraphQLField

from backend.graphql.access import declaration_of
from backend.graphql.directives import Requires
from tenants.permissions import UNDIVIDED, Permission

_OWN: Final = "the caller's own account"
_ALL: Final = "the same at each site"
_FEED: Final = "the caller's own messages: of what he may not see he isn't told (tests/notifications)"
_COMPANYS: Final = "the whole company's: refused to whom quality counts at a site only"
_DOCUMENTS: Final = "what the caller asked for himself, while his limits are the same (tests/documents/test_downloads.py)"
FIELDS_OF_NO_SITE: Final[dict[str, str]] = {
    "me": _OWN, "secondFactor": _OWN, "sessions": _OWN, "invitationPreview": "for who holds the link", "permissions": _ALL, "products": _ALL,
    "samplingPlan": "it looks up published tables", "samplingPlans": _ALL, "samplingStates": _ALL,
    "photos": "one's own uploads; others are shown where they belong to",
    "alertRules": _COMPANYS, "ruleFirings": _COMPANYS, "tryRule": _COMPANYS, "controlChart": _COMPANYS, "supplierCertificates": _COMPANYS,
    "ruleSchema": _ALL, "companyProfile": _ALL,
    "foodListing": "it looks nothing up", "foodProducts": _ALL,
    "partners": _ALL, "buildCode": "it looks nothing up", "buildCodes": "it looks nothing up",
    "myNotifications": _FEED, "myUnreadNotificationCount": _FEED, "myNotificationPreferences": _OWN, "myPushRegistrations": _OWN,
    "webPushKey": _ALL,
    "onDuty": "whom to call is the whole company's",
    "document": _DOCUMENTS, "documents": _DOCUMENTS,
    "specification": _ALL, "specifications": _ALL,
    "twoPeopleDecideFrom": _ALL,
}  # fmt: skip
MUTATIONS_OF_NO_SITE: Final[dict[str, str]] = {
    "signIn": _OWN, "refreshToken": _OWN, "signOut": _OWN, "beginSecondFactor": _OWN, "confirmSecondFactor": _OWN, "renewRecoveryCodes": _OWN,
    "removeSecondFactor": _OWN, "reauthenticate": _OWN, "changePassword": _OWN, "resetPassword": _OWN, "revokeSession": _OWN,
    "allowLaboratoryFile": "a file is of no site; what its lines name is looked up at the sites of who sends it",
    "readLaboratoryFile": "the same lines as recordLaboratoryResults, which tests/inspections/test_sites.py tries",
    "recordLaboratoryResults": "line by line, which tests/inspections/test_sites.py tries",
    "allowUpload": "a photo is of no place before something names it",
    "setMyNotificationPreferences": _OWN, "registerBrowserForPush": _OWN, "registerAppForPush": _OWN, "removePushRegistration": _OWN,
    "markNotificationsRead": _OWN,
    "makeDocument": "its kind's maker looks at the sites of who asks", "cancelDocument": _DOCUMENTS, "retryDocument": _DOCUMENTS,
    "deleteDocument": _DOCUMENTS,
    "revokeOtherSessions": _OWN, "setMyPin": _OWN, "acceptInvitation": "for who holds the link",
}  # fmt: skip
NODES_OF_NO_SITE: Final = {
    "AlertRule": _COMPANYS,
    "Document": _DOCUMENTS,
    "Specification": _ALL,
    "SamplingPlan": _ALL,
    "SamplingState": _ALL,
    "Product": _ALL,
    "Partner": _ALL,
}
_QUESTIONS: Final = "questions are the whole company's; what they find is looked up at the sites of who asks"
_SUBSCRIPTIONS: Final = (
    ("", "GET"), ("", "POST"), ("/{subscription_id:str}", "GET"), ("/{subscription_id:str}", "DELETE"), ("/{subscription_id:str}/resume", "POST"),
)  # fmt: skip
ROUTES_OF_NO_SITE: Final[dict[tuple[str, str], str]] = {
    ("/epcis", "GET"): "what the standard names",
    ("/epcis/eventTypes", "GET"): "what the standard names",
    ("/auth/sign-out", "POST"): _OWN,
    ("/auth/me", "GET"): _OWN,
    ("/epcis/masterData", "GET"): "the whole company's: refused to whom the catalogue counts at a site only",
    ("/epcis/masterData", "POST"): "the whole company's: refused to whom the catalogue counts at a site only",
    ("/documents/{document_id:str}", "GET"): _DOCUMENTS,
    ("/epcis/validate", "POST"): "it answers about the document that is sent",
    ("/epcis/queries", "GET"): _QUESTIONS,
    ("/epcis/queries", "POST"): _QUESTIONS,
    ("/epcis/queries/{name:str}", "GET"): _QUESTIONS,
    ("/epcis/queries/{name:str}", "DELETE"): _QUESTIONS,
    **{("/epcis/queries/{name:str}/subscriptions" + rest, method): _QUESTIONS for rest, method in _SUBSCRIPTIONS},
    ("/mobile/v1/devices/members", "GET"): "the phone's own: whom it may be handed to",
    ("/mobile/v1/devices/switch", "POST"): "the phone's own: whom it is handed to",
    ("/mobile/v1/uploads", "POST"): "a photo is of no place before an entry names it",
}
# They take events; what becomes of those of another site is tried by the events.
ROUTES_THAT_WRITE: Final = {("/epcis/capture", "POST"), ("/epcis/events", "POST"), ("/mobile/v1/sync", "POST")}


def is_undivided(permission: Permission | str | None) -> bool:
    """Whether a permission doesn't count at a site."""
    return permission is not None and Permission(permission) in UNDIVIDED


def needs_undivided(field: GraphQLField) -> bool:
    """Whether a root field needs such a permission."""
    declared = declaration_of(field)
    return isinstance(declared, Requires) and is_undivided(declared.permission)
