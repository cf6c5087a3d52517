"""Watches every request that tests send: a mutation or a writing route that succeeded has left its entry on the trail, by the right actor."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final

import asyncpg
import httpx
import jwt
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from sqlalchemy.engine import make_url

from backend.services import SERVICES

# What each mutation records: one of these at least.
MUTATIONS: Final[dict[str, set[str]]] = {
    "signIn": {"session.started"},
    "signOut": {"session.ended"},
    "confirmSecondFactor": {"second_factor.set_up"},
    "renewRecoveryCodes": {"second_factor.recovery_codes_renewed"},
    "removeSecondFactor": {"second_factor.removed"},
    "reauthenticate": {"session.reauthenticated"},
    "changePassword": {"password.changed"},
    "issuePasswordReset": {"password.reset_issued"},
    "resetPassword": {"password.reset"},
    "revokeSession": {"session.ended"},
    "revokeOtherSessions": {"session.ended"},
    "revokeMemberSessions": {"session.ended"},
    "capture": {"events.captured"},
    "placeHold": {"hold.placed"},
    "releaseHold": {"hold.released"},
    "openNonconformance": {"nonconformance.opened"},
    "addNonconformingGoods": {"nonconformance.extended"},
    "reviewNonconformance": {"nonconformance.reviewed"},
    "decideNonconformance": {"nonconformance.decided"},
    "countersignDecision": {"nonconformance.approved", "nonconformance.refused"},
    "executeDisposition": {"nonconformance.executed"},
    "reinspectRework": {"nonconformance.reinspected"},
    "closeNonconformance": {"nonconformance.closed"},
    "setTwoPeopleDecideFrom": {"decision_policy.set"},
    "openCorrectiveAction": {"corrective_action.opened"},
    "writeDiscipline": {"corrective_action.written"},
    "addActionItem": {"corrective_action.item_added"},
    "completeActionItem": {"corrective_action.item_done"},
    "planEffectivenessCheck": {"corrective_action.check_planned"},
    "submitCorrectiveAction": {"corrective_action.submitted"},
    "verifyCorrectiveAction": {"corrective_action.verified"},
    "reopenCorrectiveAction": {"corrective_action.reopened"},
    "sendSupplierRequest": {"supplier_request.sent"},
    "renewSupplierRequestLink": {"supplier_request.link_renewed"},
    "reviewSupplierAnswer": {"supplier_request.answer_accepted", "supplier_request.answer_sent_back"},
    "cancelSupplierRequest": {"supplier_request.cancelled"},
    "chooseRecallCheckLevel": {"recall_checks.level_chosen"},
    "recordRecallCheck": {"recall_check.recorded"},
    "startRecallDrill": {"recall_drill.started"},
    "takeRecallDrillStep": {"recall_drill.step_done"},
    "setRecallDrillParticipants": {"recall_drill.participants_set"},
    "addRecallDrillFinding": {"recall_drill.finding_added"},
    "linkRecallDrillFinding": {"recall_drill.finding_linked"},
    "finishRecallDrill": {"recall_drill.finished"},
    "cancelRecallDrill": {"recall_drill.cancelled"},
    "concludeRecallDrill": {"recall_drill.concluded"},
    "setRecallDrillPolicy": {"recall_drills.policy_set"},
    "assertAlias": {"alias.asserted"},
    "revokeAlias": {"alias.revoked"},
    "acknowledgeAlerts": {"alert.acknowledged"},
    "assignAlerts": {"alert.assigned"},
    "changeAlertSeverity": {"alert.severity_changed"},
    "closeAlerts": {"alert.closed"},
    "commentAlerts": {"alert.commented"},
    "reopenAlert": {"alert.reopened"},
    "snoozeAlerts": {"alert.snoozed"},
    "archiveDutyTeam": {"duty_team.archived"},
    "putDutyTeam": {"duty_team.put"},
    "archiveEscalationPolicy": {"escalation_policy.archived"},
    "putEscalationPolicy": {"escalation_policy.put"},
    "archiveShiftPlan": {"shift_plan.archived"},
    "putShiftPlan": {"shift_plan.put"},
    "putSpecification": {"specification.drafted"},
    "releaseSpecification": {"specification.released"},
    "withdrawSpecification": {"specification.withdrawn"},
    "openInspection": {"inspection.opened"},
    "recordResults": {"inspection.results_recorded"},
    "concludeInspection": {"inspection.concluded"},
    "cancelInspection": {"inspection.cancelled"},
    "recordLaboratoryResults": {"laboratory.reported"},
    "allowLaboratoryFile": {"laboratory.file_allowed"},
    "readLaboratoryFile": {"laboratory.reported", "laboratory.file_tried"},
    "putInspectionSchedule": {"inspection_schedule.set"},
    "endInspectionSchedule": {"inspection_schedule.ended"},
    "openRecall": {"recall.opened"},
    "changeRecall": {"recall.changed"},
    "investigateRecall": {"recall.investigated"},
    "commentRecall": {"recall.commented"},
    "setRecallSources": {"recall.sources_changed"},
    "holdRecall": {"recall.held"},
    "decideRecall": {"recall.decided"},
    "announceRecall": {"recall.announced"},
    "extendRecall": {"recall.extended"},
    "closeRecall": {"recall.closed"},
    "reopenRecall": {"recall.reopened"},
    "dismissRecall": {"recall.dismissed"},
    "linkToRecall": {"recall.linked"},
    "writeRecallCause": {"recall.cause_written"},
    "openRecallNonconformance": {"nonconformance.opened", "recall.linked"},
    "openRecallCorrectiveAction": {"corrective_action.opened"},
    "completeRecall": {"recall.completed"},
    "meetRecallDuty": {"recall.duty_met"},
    "waiveRecallDuty": {"recall.duty_waived"},
    "beginRecallDuty": {"recall.duty_begun"},
    "setCompanyProfile": {"company_profile.put"},
    "setRecallPolicy": {"recall_policy.set"},
    "putRecallContact": {"recall_contact.created", "recall_contact.changed"},
    "removeRecallContact": {"recall_contact.removed"},
    "setRecallNoticePlan": {"recall_notice.plan_set"},
    "sendRecallNoticeAgain": {"recall_notice.sent_again"},
    "renewRecallNoticeLink": {"recall_notice.link_renewed"},
    "revokeRecallNoticeLinks": {"recall_notice.links_revoked"},
    "recordRecallAnswer": {"recall_notice.acknowledged", "recall_notice.answered"},
    "receiveRecallNotice": {"recall_notice.taken"},
    "acknowledgeReceivedRecallNotice": {"recall_notice.receipt_confirmed"},
    "answerReceivedRecallNotice": {"recall_notice.answer_given"},
    "revokeRecallConnection": {"recall_connection.revoked"},
    "createRule": {"rule.created"},
    "changeRule": {"rule.changed"},
    "switchRule": {"rule.switched_on", "rule.switched_off"},
    "recordCertificate": {"certificate.recorded"},
    "withdrawCertificate": {"certificate.withdrawn"},
    "ship": {"shipment.shipped"},
    "putSamplingPlan": {"sampling_plan.put"},
    "archiveSamplingPlan": {"sampling_plan.archived"},
    "switchSamplingSeverity": {"sampling_state.switched"},
    "putInstrument": {"instrument.put"},
    "recordCalibration": {"calibration.recorded"},
    "takeInstrumentOutOfService": {"instrument.taken_out_of_service"},
    "returnInstrumentToService": {"instrument.returned_to_service"},
    "allowUpload": {"upload.allowed"},
    "putFoodPlaces": {"food_places.put"},
    "putFoodProducts": {"food_products.put"},
    "putProducts": {"products.put"},
    "putLocations": {"locations.put"},
    "putPartners": {"partners.put"},
    "setMemberRoles": {"membership.roles_changed"},
    "deactivateMember": {"membership.deactivated"},
    "reactivateMember": {"membership.reactivated"},
    "renameMember": {"membership.renamed"},
    "putNotificationChannel": {"notification_channel.created", "notification_channel.changed"},
    "archiveNotificationChannel": {"notification_channel.archived"},
    "testNotificationChannel": {"notification_channel.tested"},
    "putNotificationRoute": {"notification_route.created", "notification_route.changed"},
    "deleteNotificationRoute": {"notification_route.deleted"},
    "putNotificationTemplate": {"notification_template.put"},
    "resetNotificationTemplate": {"notification_template.reset"},
    "retryNotificationDelivery": {"notification_delivery.retried"},
    "setMyNotificationPreferences": {"notification_preference.set"},
    "registerBrowserForPush": {"push.registered"},
    "registerAppForPush": {"push.registered"},
    "removePushRegistration": {"push.removed"},
    "putRole": {"role.created", "role.changed"},
    "archiveRole": {"role.archived"},
    "invite": {"invitation.created"},
    "resendInvitation": {"invitation.resent"},
    "revokeInvitation": {"invitation.revoked"},
    "acceptInvitation": {"invitation.accepted"},
    "makeDocument": {"document.requested"},
    "cancelDocument": {"document.cancelled"},
    "retryDocument": {"document.retried"},
    "deleteDocument": {"document.deleted"},
    "exportAudit": {"audit.exported"},
    "createClient": {"client.created"},
    "addClientSecret": {"client_secret.created"},
    "updateClient": {"client.changed"},
    "revokeClientSecret": {"client_secret.revoked"},
    "revokeClient": {"client.revoked"},
    "createWebhookEndpoint": {"webhook.created"},
    "changeWebhookEndpoint": {"webhook.changed"},
    "rotateWebhookSecret": {"webhook.secret_rotated"},
    "enableWebhookEndpoint": {"webhook.enabled"},
    "disableWebhookEndpoint": {"webhook.disabled"},
    "deleteWebhookEndpoint": {"webhook.deleted"},
    "testWebhookEndpoint": {"webhook.tested"},
    "replayWebhookDelivery": {"webhook.replayed"},
    "replayFailedWebhooks": {"webhook.replayed"},
    # The second where the sandbox was there and had no data yet, the third where its filling had failed.
    "openSandbox": {"sandbox.opened", "products.put", "sandbox.filling_resumed"},
    "enterSandbox": {"sandbox.entered"},
    "resetSandbox": {"sandbox.reset"},
    "enrolDevice": {"device.enrolment_offered"},
    "renameDevice": {"device.renamed"},
    "moveDevice": {"device.moved"},
    "revokeDevice": {"device.revoked"},
    "setMyPin": {"pin.set"},
    "issueStartPin": {"pin.start_pin_issued"},
    "issueBadge": {"badge.issued"},
    "voidBadge": {"badge.voided"},
    "acceptReviewEntry": {"review.accepted"},
    "dismissReviewEntry": {"review.dismissed"},
}
MUTATIONS_WITHOUT: Final[dict[str, str]] = {
    "markNotificationsRead": "it says that somebody has seen his own messages; when he did stands with each of them",
    "refreshToken": "it goes on with a session whose start is on the trail; every ten minutes an entry would bury the others",
    "beginSecondFactor": "it only offers a secret, which protects nothing before it is confirmed",
}
# These succeed where there is nothing left to do, and then they have changed nothing that the trail could tell of.
MAY_DO_NOTHING: Final[dict[str, str]] = {
    "openNonconformance": "there is an open one that came from the same source: it is given back",
    "openRecallNonconformance": "the open one of the case is given back",
    "linkToRecall": "what is linked already stays so",
    "signOut": "of two at once the second finds the session ended, by the first, which is on the trail",
    "revokeOtherSessions": "there is no other session; each one that ends has an entry of its own",
    "revokeMemberSessions": "the member has no open session; each one that ends has an entry of its own",
    "capture": "whatever is sent is there already: each event has been told of when it came first",
    "placeHold": "the same cause holds the same scope already; the hold that is in force is given back",
    "makeDocument": "the same was asked for and waits: it is given back",
    "renameMember": "he is called so already",
    "putSamplingPlan": "it says so already: no version is made of what didn't change",
    "enableWebhookEndpoint": "it is on already",
    "disableWebhookEndpoint": "it is off already",
    "openSandbox": "it is open and filled; asking again is how one waits for it",
}

ROUTES: Final[dict[tuple[str, str], set[str]]] = {
    ("/auth/sign-in", "POST"): {"session.started"},
    ("/auth/sign-out", "POST"): {"session.ended"},
    ("/epcis/capture", "POST"): {"events.captured", "events.received"},
    ("/epcis/events", "POST"): {"events.captured", "events.received"},
    ("/epcis/queries", "POST"): {"query.created"},
    ("/epcis/queries/{name:str}", "DELETE"): {"query.deleted"},
    ("/epcis/queries/{name:str}/subscriptions", "POST"): {"subscription.created"},
    ("/epcis/queries/{name:str}/subscriptions/{subscription_id:str}", "DELETE"): {"subscription.deleted"},
    ("/epcis/queries/{name:str}/subscriptions/{subscription_id:str}/resume", "POST"): {"subscription.resumed"},
    ("/epcis/masterData", "POST"): {"master_data.told"},
    ("/oauth/token", "POST"): {"client.token_issued"},
    ("/supplier/{token:str}", "POST"): {"supplier_request.acknowledged", "supplier_request.answered"},
    ("/recall/{token:str}", "POST"): {"recall_notice.acknowledged", "recall_notice.answered"},
    ("/tell-me/{rest:path}", "POST"): {"consumer_watch.asked"},
    ("/tell-me/confirm/{token:str}", "POST"): {"consumer_watch.confirmed"},
    ("/tell-me/stop/{token:str}", "POST"): {"consumer_watch.ended"},
    ("/mobile/v1/devices", "POST"): {"device.enrolled"},
    ("/mobile/v1/devices/switch", "POST"): {"device.switched"},
    ("/mobile/v1/sync", "POST"): {"events.synced", "events.captured", "shipment.shipped", "device.quarantined"},
    ("/mobile/v1/uploads", "POST"): {"upload.allowed"},
}
ROUTES_WITHOUT: Final[dict[tuple[str, str], str]] = {
    ("/auth/refresh", "POST"): "it goes on with a session whose start is on the trail",
    ("/mobile/v1/devices/token", "POST"): "a phone proves itself every ten minutes; its enrolment and each change of the user are on the trail",
    ("/epcis/validate", "POST"): "it answers about a document that it doesn't keep",
    ("/validator", "POST"): "it answers about a document that it doesn't keep, and knows nobody",
    ("/graphql", "POST"): "each mutation in it is watched by its own name",
}
ROUTES_MAY_DO_NOTHING: Final[dict[tuple[str, str], str]] = {
    ("/auth/sign-out", "POST"): "as signOut",
    ("/epcis/capture", "POST"): "as capture",
    ("/epcis/events", "POST"): "as capture",
    ("/epcis/queries/{name:str}/subscriptions/{subscription_id:str}/resume", "POST"): "it may go on already",
    ("/epcis/masterData", "POST"): "what is told again changes nothing",
    ("/supplier/{token:str}", "POST"): "receipt may be confirmed twice",
    ("/recall/{token:str}", "POST"): "receipt may be confirmed twice",
    ("/tell-me/{rest:path}", "POST"): "whoever is on the list, or has just asked, is told the same as everybody",
    ("/tell-me/confirm/{token:str}", "POST"): "it may be confirmed twice",
    ("/tell-me/stop/{token:str}", "POST"): "it may be ended already",
    ("/mobile/v1/sync", "POST"): "a batch may be sent twice, and may hold nothing but what was there or was refused entry by entry",
}
# Whoever takes a phone over acts, and not who was on it; what a revoked phone delivers, it delivers itself.
BY_ANOTHER: Final = {"device.switched", "device.quarantined"}
WRITING: Final = ("POST", "PUT", "PATCH", "DELETE")


class Trail:
    """The trail as tests look at it, in whichever database the application under test has."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin_dsn = admin_dsn
        self._superusers: dict[str, asyncpg.Connection] = {}
        self._lock = asyncio.Lock()

    async def of_request(self, database: str, request_id: str) -> list[Any]:
        """The entries that a request left, in any company."""
        async with self._lock:
            superuser = self._superusers.get(database)
            if superuser is None or superuser.is_closed():
                superuser = self._superusers[database] = await asyncpg.connect(self._admin_dsn, database=database)
            rows: list[Any] = await superuser.fetch("select action, actor_kind, actor_id from suyuan.audit_entry where request_id = $1", request_id)
        return rows

    async def close(self) -> None:
        """Close what was opened."""
        for superuser in self._superusers.values():
            await superuser.close()

    async def compare(self, database: str, request: httpx.Request, response: httpx.Response) -> None:
        """Fail where a request did more than it left on the trail, or left it as somebody else's act."""
        done = succeeded(request, response)
        if not done or response.headers.get("Idempotency-Replayed") == "true":
            return
        entries = await self.of_request(database, response.headers.get("x-request-id", ""))
        actor = _actor(request)
        for name, expected, may_do_nothing in done:
            found = [entry for entry in entries if entry["action"] in expected]
            told = [(entry["action"], entry["actor_kind"], str(entry["actor_id"])) for entry in entries]
            assert found or (may_do_nothing and not entries), f"{name} succeeded, and left {told} on the trail and none of {sorted(expected)}"
            if actor is not None and any(entry["action"] not in BY_ANOTHER for entry in found):
                assert actor in [str(entry["actor_id"]) for entry in found], f"{name} of {actor} is on the trail as another's act: {told}"


def succeeded(request: httpx.Request, response: httpx.Response) -> list[tuple[str, set[str], bool]]:
    """What a request has done, by name, with what it should have left and whether it may have done nothing."""
    if request.method not in WRITING or not response.is_success:
        return []
    path = request.url.path
    if path == "/graphql":
        return [(name, MUTATIONS[name], name in MAY_DO_NOTHING) for name in _mutations(request, response) if name in MUTATIONS]
    route = next((route for route in ROUTES if route[1] == request.method and _leads_to(route[0], path)), None)
    return [(f"{request.method} {path}", ROUTES[route], route in ROUTES_MAY_DO_NOTHING)] if route else []


@lru_cache(maxsize=10_000)
def _leads_to(template: str, path: str) -> bool:
    """Whether a path is one of a route's, whose parameters each stand for one part."""
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(part.startswith("{") or part == other for part, other in zip(parts, given, strict=True))


def _mutations(request: httpx.Request, response: httpx.Response) -> list[str]:
    """The names of the mutations in a request that have succeeded."""
    try:
        body, answer = json.loads(request.content), response.json()
        operations = [node for node in parse(body["query"]).definitions if isinstance(node, OperationDefinitionNode)]
    except (ValueError, KeyError, TypeError, GraphQLError, RecursionError, httpx.RequestNotRead):
        return []
    chosen = [node for node in operations if node.operation is OperationType.MUTATION and (len(operations) == 1 or _is_named(node, body))]
    found = []
    for node in (selected for operation in chosen for selected in operation.selection_set.selections if isinstance(selected, FieldNode)):
        payload = (answer.get("data") or {}).get(node.alias.value if node.alias else node.name.value)
        # A payload that wasn't asked for its errors tells nothing of whether it has any.
        if isinstance(payload, dict) and payload.get("userErrors") == []:
            found.append(node.name.value)
    return found


def _is_named(node: OperationDefinitionNode, body: dict[str, Any]) -> bool:
    return node.name is not None and node.name.value == body.get("operationName")


def _actor(request: httpx.Request) -> str | None:
    """Whom the bearer token names; None for keys, which name their client in the database alone."""
    token = request.headers.get("authorization", "").partition(" ")[2]
    try:
        return str(jwt.decode(token, options={"verify_signature": False})["sub"])
    except (jwt.InvalidTokenError, KeyError):
        return None


@asynccontextmanager
async def watching(admin_dsn: str) -> AsyncIterator[Trail]:
    """Every client in this process is watched, whoever made it: a test that succeeds in doing what leaves no entry fails where it did it."""
    trail, plain = Trail(admin_dsn), httpx.ASGITransport.handle_async_request

    async def watched(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        response = await plain(self, request)
        services = getattr(self.app, "state", {}).get(SERVICES)
        if services is not None and request.method in WRITING:
            # Whoever asked reads it again.
            await response.aread()
            await trail.compare(str(make_url(services.settings.database_url.get_secret_value()).database), request, response)
        return response

    httpx.ASGITransport.handle_async_request = watched  # type: ignore[method-assign]
    try:
        yield trail
    finally:
        httpx.ASGITransport.handle_async_request = plain  # type: ignore[method-assign]
        await trail.close()
