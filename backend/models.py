"""Every table of the house, declared by importing it; migrations and the isolation tests start here."""

from backend.alerts import models as alerts
from backend.catalog import models as catalog
from backend.events import models as events
from backend.genealogy import models as genealogy
from backend.history import models as history
from backend.holds import models as holds
from backend.objects import models as objects
from backend.shipments import models as shipments
from infra import outbox
from tenants import models as tenants

__all__ = ["alerts", "catalog", "events", "genealogy", "history", "holds", "objects", "outbox", "shipments", "tenants"]
