"""What each root field and each route asks for, written a second time: whoever makes a declaration weaker has to say it here too."""

from typing import Any, Final

from graphql import GraphQLObjectType
from litestar import Litestar

from backend.graphql.access import declaration_of
from backend.graphql.directives import Requires
from tenants.http import PERMISSION, SIGNED_IN, declared_routes
from tenants.permissions import Permission
from tests.graphql.operations import schema

OPEN: Final = "open to everyone"
ANYBODY: Final = "open to whoever has signed in"
_P = Permission

FIELDS: Final[dict[str, str]] = {
    OPEN: "signIn refreshToken acceptInvitation invitationPreview resetPassword",
    ANYBODY: """me node signOut permissions sessions revokeSession revokeOtherSessions changePassword reauthenticate setMyPin secondFactor
                beginSecondFactor confirmSecondFactor removeSecondFactor renewRecoveryCodes myNotifications myUnreadNotificationCount
                myNotificationPreferences myPushRegistrations webPushKey notificationFeed setMyNotificationPreferences registerBrowserForPush
                registerAppForPush removePushRegistration markNotificationsRead""",
    _P.EVENTS_CAPTURE: "capture captureJob captureJobs",
    _P.EVENTS_READ: "event eventFeed events findObjects",
    _P.EVENTS_REVIEW: "acceptReviewEntry dismissReviewEntry reviewEntries reviewEntry",
    _P.TRACE_READ: """aliases containerContents flow fsma204Completeness fsma204Records
                      impact lifeOf lotBalance placeMap productBalance readCode search shipments stepBalance tank
                      trace traceChanged traceTable traceableObject""",
    _P.HOLDS_READ: "alert alertChanged alertCounts alertGroups alerts hold holds",
    _P.HOLDS_PLACE: "placeHold previewHold",
    _P.HOLDS_RELEASE: "releaseHold",
    _P.QUALITY_READ: """alertRules anomalies approvals controlChart correctiveAction correctiveActions explain inspection inspectionSchedules
                        inspectionTask inspections instruments nonconformance nonconformances photos ruleFirings ruleSchema samplingPlan
                        samplingPlans samplingStates specification specifications supplierCertificates supplierRequest supplierRequests tryRule
                        twoPeopleDecideFrom""",
    _P.NONCONFORMANCES_OPEN: "addNonconformingGoods executeDisposition openNonconformance reviewNonconformance",
    _P.NONCONFORMANCES_DECIDE: "closeNonconformance countersignDecision decideNonconformance reinspectRework setTwoPeopleDecideFrom",
    _P.ACTIONS_MANAGE: """addActionItem cancelSupplierRequest completeActionItem openCorrectiveAction planEffectivenessCheck
                          renewSupplierRequestLink reopenCorrectiveAction reviewSupplierAnswer sendSupplierRequest submitCorrectiveAction
                          writeDiscipline""",
    _P.ACTIONS_VERIFY: "verifyCorrectiveAction",
    _P.ALIASES_DECLARE: "assertAlias revokeAlias",
    _P.ALERTS_ACT: "acknowledgeAlerts assignAlerts changeAlertSeverity closeAlerts commentAlerts onDuty reopenAlert snoozeAlerts",
    _P.NOTIFICATIONS_MANAGE: """archiveDutyTeam archiveEscalationPolicy archiveNotificationChannel archiveShiftPlan deleteNotificationRoute
                                dutyTeams escalationPolicies notificationChannels notificationDeliveries notificationDeliveryCounts
                                notificationRoutes notificationTemplates putDutyTeam putEscalationPolicy putNotificationChannel
                                putNotificationRoute putNotificationTemplate putShiftPlan resetNotificationTemplate retryNotificationDelivery
                                shiftPlans testNotificationChannel""",
    _P.SPECIFICATIONS_WRITE: """archiveSamplingPlan endInspectionSchedule putInspectionSchedule putSamplingPlan putSpecification
                                releaseSpecification switchSamplingSeverity withdrawSpecification""",
    _P.INSTRUMENTS_MANAGE: "putInstrument recordCalibration returnInstrumentToService takeInstrumentOutOfService",
    _P.INSPECTIONS_RECORD: """allowLaboratoryFile allowUpload cancelInspection concludeInspection openInspection readLaboratoryFile
                              recordLaboratoryResults recordResults""",
    _P.DOCUMENTS_MAKE: "cancelDocument deleteDocument document documents makeDocument retryDocument",
    _P.SHIPMENTS_COMMAND: "ship",
    _P.CATALOG_READ: "buildCode buildCodes companyProfile foodListing foodPlaces foodProducts locations partners products",
    _P.CATALOG_WRITE: "putFoodPlaces putFoodProducts putLocations putPartners putProducts setCompanyProfile",
    _P.PEOPLE_READ: "floorAccess invitations people roles",
    _P.PEOPLE_MANAGE: """deactivateMember reactivateMember renameMember setMemberRoles invite resendInvitation revokeInvitation
                         issuePasswordReset memberSessions revokeMemberSessions issueBadge voidBadge issueStartPin""",
    _P.ROLES_MANAGE: "archiveRole putRole",
    _P.DEVICES_READ: "device devices",
    _P.DEVICES_MANAGE: "enrolDevice moveDevice renameDevice revokeDevice",
    _P.CLIENTS_READ: "apiClient apiClients",
    _P.CLIENTS_MANAGE: "createClient updateClient revokeClient addClientSecret revokeClientSecret",
    _P.WEBHOOKS_MANAGE: """webhookKinds webhookEndpoints webhookEndpoint webhookDeliveries webhookDelivery createWebhookEndpoint
                           changeWebhookEndpoint rotateWebhookSecret enableWebhookEndpoint disableWebhookEndpoint deleteWebhookEndpoint
                           testWebhookEndpoint replayWebhookDelivery replayFailedWebhooks""",
    _P.RECALLS_READ: """compareRecallBounds recall recallAdditions recallBoard recallBoardChanged recallBoardHistory recallCheckOverview
                        recallChecks recallConnections recallContacts recallCustomers recallDrill recallDrillCandidates recallDrills
                        recallDrillSchedule recallLaw recallNotice recallNoticePlan recallNoticeProgress recallNotices recallPolicy
                        recallPublication recalls recallScope recallScopePreview recallScopeVersions receivedRecallNotice receivedRecallNotices""",
    _P.RECALLS_MANAGE: """acknowledgeReceivedRecallNotice addRecallDrillFinding answerReceivedRecallNotice beginRecallDuty cancelRecallDrill
                          changeRecall chooseRecallCheckLevel commentRecall completeRecall finishRecallDrill holdRecall investigateRecall
                          linkRecallDrillFinding linkToRecall meetRecallDuty openRecall openRecallCorrectiveAction openRecallNonconformance
                          putRecallContact receiveRecallNotice recordRecallAnswer recordRecallCheck removeRecallContact renewRecallNoticeLink
                          revokeRecallConnection revokeRecallNoticeLinks sendRecallNoticeAgain setRecallDrillParticipants setRecallDrillPolicy
                          setRecallNoticePlan setRecallPolicy setRecallSources startRecallDrill takeRecallDrillStep waiveRecallDuty
                          writeRecallCause""",
    _P.RECALLS_DECIDE: "announceRecall closeRecall concludeRecallDrill decideRecall dismissRecall extendRecall reopenRecall",
    _P.RULES_MANAGE: "changeRule createRule recordCertificate switchRule withdrawCertificate",
    _P.SANDBOX_USE: "sandbox enterSandbox openSandbox",
    _P.SANDBOX_MANAGE: "resetSandbox",
    _P.AUDIT_READ: "auditEntries auditExport auditExports exportAudit signatures",
}
TYPES: Final[dict[str, str]] = {
    _P.EVENTS_CAPTURE: "CaptureJob CaptureResult",
    _P.EVENTS_READ: "Event",
    _P.EVENTS_REVIEW: "ReviewEntry",
    _P.TRACE_READ: "Alias Flow Impact Life LotBalance PlaceMap ProductBalance StepBalance Tank Shipment Trace TraceableObject",
    _P.HOLDS_READ: "Alert AlertChange AlertChanges AlertCounts AlertGroup AlertHistoryEntry Hold HoldCause HoldListing HoldScope",
    _P.ALERTS_ACT: "MemberOnDuty",
    _P.NOTIFICATIONS_MANAGE: """DutyHours DutyTeam DutyTeamMember EscalationPolicy EscalationStep NotificationAttempt NotificationChannel
                                NotificationDelivery NotificationDeliveryCount NotificationRoute NotificationTemplate ShiftException ShiftPlan
                                WeeklyShift""",
    _P.HOLDS_PLACE: "HoldPreview",
    _P.QUALITY_READ: """AlertRule AlertRuleVersion AnalysisCandidate AnalysisFactor AnomalyCount AnomalyDistribution AnomalyShare ControlChart
                        ControlChartPoint CorrectiveAction Explanation Inspection InspectionResult InspectionSchedule InspectionTask Instrument
                        Nonconformance Photo RuleFiring RuleTrial SamplingPlan SamplingState Specification SpecificationVersion
                        SupplierCertificate SupplierRequest TrialFinding""",
    _P.RECALLS_READ: """FrozenRecallItem FrozenRecallScope RecallAddition RecallAnswer RecallBoard RecallBoundsComparison RecallCase RecallCheck
                        RecallCheckOverview RecallConnection RecallContact RecallDrill RecallDrillCandidates RecallDrillSchedule
                        RecallNotice RecallNoticeCustomer RecallNoticeDelivery RecallNoticeLink RecallNoticeLot RecallNoticePlan
                        RecallNoticeProgress RecallPublication RecallScope ReceivedRecallNotice""",
    _P.CATALOG_READ: "CatalogVersion Location Partner Product ToldMasterData",
    _P.PEOPLE_READ: "FloorAccess Invitation Member Role",
    _P.DEVICES_READ: "Device",
    _P.CLIENTS_READ: "ApiClient",
    _P.WEBHOOKS_MANAGE: "WebhookAttempt WebhookDelivery WebhookEndpoint WebhookKind",
    _P.DOCUMENTS_MAKE: "Document DocumentParameter DocumentProgress",
    _P.SANDBOX_USE: "Sandbox",
    _P.AUDIT_READ: "AuditEntry AuditExport",
}
RESOURCES: Final = ("eventTypes", "epcs", "bizSteps", "dispositions", "bizLocations", "readPoints")
# What is open to everyone stands in `OPEN_TO_ALL` beside the requests of the routes.
ROUTES: Final[dict[str, set[tuple[str, str]]]] = {
    ANYBODY: {("GET", "/auth/me"), ("POST", "/auth/sign-out"), ("GET", "/epcis")},
    _P.EVENTS_CAPTURE: {
        ("POST", "/epcis/capture"),
        ("GET", "/epcis/capture"),
        ("GET", "/epcis/capture/{job_id:str}"),
        ("GET", "/epcis/capture/{job_id:str}/results"),
        ("POST", "/epcis/events"),
        ("POST", "/epcis/validate"),
    },
    _P.EVENTS_READ: {
        ("GET", "/epcis/events"),
        ("GET", "/epcis/events/{event_id:path}"),
        ("GET", "/epcis/queries"),
        ("GET", "/epcis/queries/{name:str}"),
        ("GET", "/epcis/queries/{name:str}/events"),
        *(("GET", f"/epcis/{name}") for name in RESOURCES),
        *(("GET", f"/epcis/{name}/{{rest:path}}") for name in RESOURCES),
    },
    _P.QUERIES_SUBSCRIBE: {
        ("POST", "/epcis/queries"),
        ("DELETE", "/epcis/queries/{name:str}"),
        ("GET", "/epcis/queries/{name:str}/subscriptions"),
        ("POST", "/epcis/queries/{name:str}/subscriptions"),
        ("GET", "/epcis/queries/{name:str}/subscriptions/{subscription_id:str}"),
        ("DELETE", "/epcis/queries/{name:str}/subscriptions/{subscription_id:str}"),
        ("POST", "/epcis/queries/{name:str}/subscriptions/{subscription_id:str}/resume"),
    },
    _P.TRACE_READ: {("GET", "/trace/exports/{form:str}")},
    _P.DOCUMENTS_MAKE: {("GET", "/documents/{document_id:str}")},
    _P.CATALOG_READ: {("GET", "/epcis/masterData")},
    _P.CATALOG_WRITE: {("POST", "/epcis/masterData")},
    _P.MOBILE_SYNC: {
        ("POST", "/mobile/v1/sync"),
        ("GET", "/mobile/v1/changes"),
        ("POST", "/mobile/v1/uploads"),
        ("GET", "/mobile/v1/devices/members"),
        ("POST", "/mobile/v1/devices/switch"),
    },
}


def _asked(access: Any) -> str:
    return access.permission if isinstance(access, Requires) else ANYBODY if type(access).__name__ == "SignedIn" else OPEN


def declared_fields() -> set[tuple[str, str]]:
    """(what it asks for, root field) of the schema that executes."""
    built = schema()
    roots = [root for root in (built.query_type, built.mutation_type, built.subscription_type) if root is not None]
    return {(_asked(declaration_of(field)), name) for root in roots for name, field in root.fields.items()}


def declared_types() -> set[tuple[str, str]]:
    """(what it asks for, type) of every type that declares it."""
    types = [named for named in schema().type_map.values() if isinstance(named, GraphQLObjectType)]
    return {(_asked(access), named.name) for named in types if (access := declaration_of(named)) is not None}


def route_declarations(app: Litestar) -> set[tuple[str, str, str]]:
    """(what it asks for, method, path) of every route that isn't open to everyone."""
    return {(str(opt.get(PERMISSION, ANYBODY)), method, path) for path, method, opt in declared_routes(app) if PERMISSION in opt or SIGNED_IN in opt}


def written(words: dict[str, str]) -> set[tuple[str, str]]:
    """The same as pairs, from above."""
    return {(str(asked), name) for asked, names in words.items() for name in names.split()}


def written_routes() -> set[tuple[str, str, str]]:
    """The routes' as triples, from above."""
    return {(str(asked), method, path) for asked, routes in ROUTES.items() for method, path in routes}
