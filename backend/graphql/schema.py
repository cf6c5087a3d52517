"""The schema: what the features offer, put together, guarded and protected."""

from functools import lru_cache
from inspect import cleandoc
from typing import Final

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext

from backend.access.audit import NODES as AUDIT_NODES
from backend.access.audit import AuditMutations, AuditQueries
from backend.access.clients import NODES as CLIENT_NODES
from backend.access.clients import ClientMutations, ClientQueries
from backend.access.device_types import NODES as DEVICE_NODES
from backend.access.devices import DeviceMutations, DeviceQueries
from backend.access.floor_access import FloorAccessMutations, FloorAccessQueries
from backend.access.invitations import InvitationMutations, InvitationQueries
from backend.access.people import PeopleMutations, PeopleQueries
from backend.access.people_types import NODES as PEOPLE_NODES
from backend.access.review import ReviewMutations, ReviewQueries
from backend.access.review_types import NODES as REVIEW_NODES
from backend.access.roles import NODES as ROLE_NODES
from backend.access.roles import RoleMutations, RoleQueries
from backend.access.sandbox import SandboxMutations, SandboxQueries
from backend.access.signatures import SignatureQueries
from backend.access.signing_in import SigningInMutations, SigningInQueries
from backend.alerts.mutations import AlertMutations
from backend.alerts.policy_mutations import EscalationMutations
from backend.alerts.policy_types import EscalationQueries
from backend.alerts.queries import AlertQueries
from backend.alerts.subscriptions import AlertSubscriptions
from backend.alerts.types import NODES as ALERT_NODES
from backend.aliases.mutations import AliasMutations
from backend.aliases.queries import AliasQueries
from backend.analysis.queries import AnalysisQueries
from backend.balance.queries import BalanceQueries
from backend.bulk.queries import CaptureJobQueries
from backend.bulk.types import NODES as CAPTURE_NODES
from backend.capa.mutations import CorrectiveActionMutations
from backend.capa.queries import ImprovementQueries
from backend.capa.request_mutations import SupplierRequestMutations
from backend.capa.types import NODES as IMPROVEMENT_NODES
from backend.catalog.mutations import CatalogMutations
from backend.catalog.queries import CatalogQueries
from backend.catalog.types import NODES as CATALOG_NODES
from backend.codes.queries import CodeQueries
from backend.company.mutations import CompanyMutations
from backend.company.queries import CompanyQueries
from backend.consumers.queries import ConsumerQueries
from backend.documents.mutations import DocumentMutations
from backend.documents.queries import DocumentQueries
from backend.documents.types import NODES as DOCUMENT_NODES
from backend.events.mutations import EventMutations
from backend.events.queries import EventQueries
from backend.events.subscriptions import EventSubscriptions
from backend.events.types import NODES as EVENT_NODES
from backend.fsma204.mutations import Fsma204Mutations
from backend.fsma204.queries import Fsma204Queries
from backend.graphql.access import core_schema, definition_of, enforce
from backend.graphql.errors import log_unexpected
from backend.graphql.identity import IdentityMutations, IdentityQueries
from backend.graphql.nodes import NodeKind, node_queries
from backend.graphql.protection import Protection
from backend.graphql.scalars import SCALARS
from backend.holds.mutations import HoldMutations
from backend.holds.queries import HoldQueries
from backend.holds.types import NODES as HOLD_NODES
from backend.inspections.laboratory_mutations import LaboratoryMutations
from backend.inspections.mutations import InspectionMutations
from backend.inspections.queries import InspectionQueries
from backend.inspections.schedule_types import InspectionScheduleMutations, InspectionScheduleQueries
from backend.inspections.types import NODES as INSPECTION_NODES
from backend.instruments.mutations import InstrumentMutations
from backend.instruments.queries import InstrumentQueries
from backend.instruments.types import NODES as INSTRUMENT_NODES
from backend.nonconformance.mutations import NonconformanceMutations
from backend.nonconformance.queries import NonconformanceQueries
from backend.nonconformance.signed_mutations import DecisionMutations
from backend.nonconformance.types import NODES as NONCONFORMANCE_NODES
from backend.notifications.mutations import NotificationMutations
from backend.notifications.own_mutations import OwnNotificationMutations
from backend.notifications.queries import NotificationQueries
from backend.notifications.subscriptions import NotificationSubscriptions
from backend.objects.types import NODES as OBJECT_NODES
from backend.photos.mutations import PhotoMutations
from backend.photos.queries import PhotoQueries
from backend.recall_checks.check_types import NODES as RECALL_CHECK_NODES
from backend.recall_checks.mutations import RecallCheckMutations
from backend.recall_checks.queries import RecallCheckQueries
from backend.recall_checks.subscriptions import RecallCheckSubscriptions
from backend.recall_drills.mutations import RecallDrillMutations
from backend.recall_drills.queries import RecallDrillQueries
from backend.recall_drills.types import NODES as RECALL_DRILL_NODES
from backend.recall_notices.mutations import RecallNoticeMutations
from backend.recall_notices.queries import RecallNoticeQueries
from backend.recall_notices.received_mutations import ReceivedRecallNoticeMutations
from backend.recall_notices.received_types import NODES as RECALL_NOTICE_NODES
from backend.recall_scope.queries import RecallScopeQueries
from backend.recalls.duty_mutations import RecallDutyMutations
from backend.recalls.mutations import RecallMutations
from backend.recalls.queries import RecallQueries
from backend.recalls.signed_mutations import RecallDecisionMutations
from backend.recalls.types import NODES as RECALL_NODES
from backend.rules.mutations import RuleMutations
from backend.rules.queries import RuleQueries
from backend.rules.types import NODES as RULE_NODES
from backend.sampling.mutations import SamplingMutations
from backend.sampling.queries import SamplingQueries
from backend.sampling.types import NODES as SAMPLING_NODES
from backend.search.queries import SearchQueries
from backend.shapes.queries import ShapeQueries
from backend.shifts.mutations import ShiftMutations
from backend.shifts.queries import ShiftQueries
from backend.shipments.mutations import ShipmentMutations
from backend.shipments.queries import ShipmentQueries
from backend.shipments.types import NODES as SHIPMENT_NODES
from backend.specifications.mutations import SpecificationMutations
from backend.specifications.queries import SpecificationQueries
from backend.specifications.types import NODES as SPECIFICATION_NODES
from backend.trace.queries import TraceQueries
from backend.trace.subscriptions import TraceSubscriptions
from backend.webhooks.mutations import WebhookMutations
from backend.webhooks.queries import WebhookQueries
from backend.webhooks.types import NODES as WEBHOOK_NODES

NODES: Final[tuple[NodeKind, ...]] = (
    *OBJECT_NODES, *EVENT_NODES, *CAPTURE_NODES, *HOLD_NODES, *ALERT_NODES, *SHIPMENT_NODES, *CATALOG_NODES, *PEOPLE_NODES, *ROLE_NODES, *AUDIT_NODES,
    *CLIENT_NODES, *WEBHOOK_NODES, *DEVICE_NODES, *REVIEW_NODES,
    *SAMPLING_NODES, *INSTRUMENT_NODES, *DOCUMENT_NODES,
    *SPECIFICATION_NODES, *INSPECTION_NODES,
    *NONCONFORMANCE_NODES, *IMPROVEMENT_NODES,
    *RECALL_CHECK_NODES, *RECALL_DRILL_NODES,
    *RECALL_NOTICE_NODES,
    *RECALL_NODES,
    *RULE_NODES,
)  # fmt: skip
QUERIES: Final = (
    IdentityQueries, SigningInQueries, SignatureQueries,
    node_queries(NODES), TraceQueries, EventQueries, CaptureJobQueries, HoldQueries, AlertQueries, ShipmentQueries, CatalogQueries,
    EscalationQueries, ShiftQueries,
    PeopleQueries, RoleQueries, InvitationQueries, AuditQueries,
    ClientQueries, WebhookQueries, SandboxQueries, DeviceQueries, FloorAccessQueries, ReviewQueries, CodeQueries,
    NotificationQueries,
    SpecificationQueries, InspectionQueries, InspectionScheduleQueries,
    NonconformanceQueries, ImprovementQueries,
    RecallCheckQueries, RecallDrillQueries,
    RecallNoticeQueries,
    RecallQueries,
    RecallScopeQueries,
    RuleQueries,
    ConsumerQueries,
    AnalysisQueries, DocumentQueries,
    AliasQueries, SearchQueries, BalanceQueries, ShapeQueries,
    SamplingQueries, InstrumentQueries, PhotoQueries, CompanyQueries, Fsma204Queries,
)  # fmt: skip
MUTATIONS: Final = (
    IdentityMutations, SigningInMutations, EventMutations, HoldMutations, ShipmentMutations, CatalogMutations,
    AlertMutations, EscalationMutations, ShiftMutations,
    PeopleMutations, RoleMutations, InvitationMutations, AuditMutations, ClientMutations, WebhookMutations, SandboxMutations,
    SpecificationMutations, InspectionMutations, LaboratoryMutations, InspectionScheduleMutations,
    RecallCheckMutations, RecallDrillMutations,
    RecallMutations, RecallDecisionMutations, RecallDutyMutations,
    RuleMutations,
    DeviceMutations, FloorAccessMutations, ReviewMutations,
    RecallNoticeMutations, ReceivedRecallNoticeMutations,
    NotificationMutations, OwnNotificationMutations,
    SamplingMutations, InstrumentMutations, PhotoMutations, CompanyMutations, Fsma204Mutations,
    NonconformanceMutations, DecisionMutations, CorrectiveActionMutations, SupplierRequestMutations,
    AliasMutations, DocumentMutations,
)  # fmt: skip
SUBSCRIPTIONS: Final = (EventSubscriptions, AlertSubscriptions, TraceSubscriptions, RecallCheckSubscriptions, NotificationSubscriptions)


class ProtectedSchema(strawberry.Schema):
    """Logs what is unexpected, and nothing that a caller has merely got wrong."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Called by strawberry before the errors are told."""
        log_unexpected(errors)


@lru_cache(maxsize=1)
def build_schema() -> strawberry.Schema:
    """The one schema of the process."""
    schema = ProtectedSchema(
        query=merge_types("Query", QUERIES),
        mutation=merge_types("Mutation", MUTATIONS),
        subscription=merge_types("Subscription", SUBSCRIPTIONS),
        extensions=[Protection],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
    core = core_schema(schema)
    _describe(core)
    enforce(core)
    return schema


def _describe(schema: GraphQLSchema) -> None:
    """A type of ours without a description of its own is described by its class."""
    for named in schema.type_map.values():
        origin = getattr(definition_of(named), "origin", None)
        if named.description is None and isinstance(origin, type) and origin.__module__.startswith("backend.") and origin.__doc__:
            named.description = cleandoc(origin.__doc__)
