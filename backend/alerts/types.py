"""Alerts as GraphQL shows them."""

from datetime import datetime

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.alerts import query_service
from backend.alerts.service import Severity
from backend.catalog.loaders import sites_for
from backend.graphql.context import Context
from backend.graphql.directives import requires
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from tenants.permissions import Permission

strawberry.enum(Severity, description="How soon somebody has to act.")


@strawberry.type(description="Something that a person has to know and act on.", directives=requires(Permission.HOLDS_READ))
class Alert(Node):
    """`subject` is the URI of what it is about; what `detail` holds depends on the kind."""

    id: ID
    kind: str
    severity: Severity
    subject: str
    detail: JSON
    raised_at: datetime
    notified_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, alert: query_service.Alert) -> "Alert":
        """From the stored one."""
        return cls(
            id=global_id("Alert", alert.alert_id), kind=alert.kind, severity=alert.severity, subject=alert.subject,
            detail=JSON(msgspec.Raw(alert.detail_json.encode())), raised_at=alert.raised_at, notified_at=alert.notified_at,
            closed_at=alert.closed_at,
        )  # fmt: skip


async def find_alert(context: Context, public_id: str) -> Alert | None:
    """An alert by its public id."""
    identifier = parse_uuid(public_id)
    if identifier is None:
        return None
    sites = await sites_for(context, Permission.HOLDS_READ)
    async with context.reading() as tx:
        found = await query_service.alert_by_id(tx, identifier, sites)
    return Alert.of(found) if found else None


NODES = (NodeKind("Alert", Permission.HOLDS_READ, find_alert),)
