"""Every table of the house, declared by importing it; migrations and the isolation tests start here."""

from backend.alerts import models as alerts
from backend.aliases import models as aliases
from backend.capa import models as capa
from backend.catalog import models as catalog
from backend.company import models as company
from backend.consumers import models as consumers
from backend.documents import models as documents
from backend.events import models as events
from backend.events.fields import models as event_fields
from backend.fsma204 import models as fsma204
from backend.genealogy import models as genealogy
from backend.history import models as history
from backend.holds import models as holds
from backend.inspections import models as inspections
from backend.instruments import models as instruments
from backend.nonconformance import models as nonconformance
from backend.notifications import models as notifications
from backend.numbering import models as numbering
from backend.objects import models as objects
from backend.photos import models as photos
from backend.recall_checks import models as recall_checks
from backend.recall_drills import models as recall_drills
from backend.recall_notices import models as recall_notices
from backend.recall_scope import models as recall_scope
from backend.recalls import models as recalls
from backend.rules import models as rules
from backend.sampling import models as sampling
from backend.sandbox import models as sandbox
from backend.search import models as search
from backend.shifts import models as shifts
from backend.shipments import models as shipments
from backend.specifications import models as specifications
from backend.subscriptions import models as subscriptions
from backend.webhooks import models as webhooks
from infra import outbox
from tenants import models as tenants
from tenants.audit import models as audit
from tenants.clients import models as clients
from tenants.devices import models as devices
from tenants.people import models as people
from tenants.recovery import models as recovery
from tenants.second_factor import models as second_factor
from tenants.signatures import models as signatures

__all__ = [
    "alerts",
    "aliases",
    "audit",
    "capa",
    "catalog",
    "clients",
    "company",
    "consumers",
    "devices",
    "documents",
    "event_fields",
    "events",
    "fsma204",
    "genealogy",
    "history",
    "holds",
    "inspections",
    "instruments",
    "nonconformance",
    "notifications",
    "numbering",
    "objects",
    "outbox",
    "people",
    "photos",
    "recall_checks",
    "recall_drills",
    "recall_notices",
    "recall_scope",
    "recalls",
    "recovery",
    "rules",
    "sampling",
    "sandbox",
    "search",
    "second_factor",
    "shifts",
    "shipments",
    "signatures",
    "specifications",
    "subscriptions",
    "tenants",
    "webhooks",
]
