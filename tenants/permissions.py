"""What may be done, each thing named once, and the roles as sets of it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """One thing that a caller may be allowed to do."""

    EVENTS_CAPTURE = "events.capture"
    EVENTS_READ = "events.read"
    EVENTS_REVIEW = "events.review"
    QUERIES_SUBSCRIBE = "queries.subscribe"
    TRACE_READ = "trace.read"
    HOLDS_READ = "holds.read"
    HOLDS_PLACE = "holds.place"
    HOLDS_RELEASE = "holds.release"
    ALIASES_DECLARE = "aliases.declare"
    QUALITY_READ = "quality.read"
    SPECIFICATIONS_WRITE = "specifications.write"
    INSPECTIONS_RECORD = "inspections.record"
    INSTRUMENTS_MANAGE = "instruments.manage"
    NONCONFORMANCES_OPEN = "nonconformances.open"
    NONCONFORMANCES_DECIDE = "nonconformances.decide"
    ACTIONS_MANAGE = "actions.manage"
    ACTIONS_VERIFY = "actions.verify"
    ALERTS_ACT = "alerts.act"
    RULES_MANAGE = "rules.manage"
    NOTIFICATIONS_MANAGE = "notifications.manage"
    WEBHOOKS_MANAGE = "webhooks.manage"
    RECALLS_READ = "recalls.read"
    RECALLS_MANAGE = "recalls.manage"
    RECALLS_DECIDE = "recalls.decide"
    DOCUMENTS_MAKE = "documents.make"
    SHIPMENTS_COMMAND = "shipments.command"
    CATALOG_READ = "catalog.read"
    CATALOG_WRITE = "catalog.write"
    HISTORY_PUBLISH = "history.publish"
    MOBILE_SYNC = "mobile.sync"
    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"
    ROLES_MANAGE = "roles.manage"
    DEVICES_READ = "devices.read"
    DEVICES_MANAGE = "devices.manage"
    CLIENTS_READ = "clients.read"
    CLIENTS_MANAGE = "clients.manage"
    SANDBOX_USE = "sandbox.use"
    SANDBOX_MANAGE = "sandbox.manage"
    AUDIT_READ = "audit.read"


class Role(StrEnum):
    """The roles that every tenant has; a grant stores the name. A tenant's own roles stand beside them (`tenants/roles`)."""

    WORKER = "worker"
    LINE_LEAD = "line_lead"
    QC_INSPECTOR = "qc_inspector"
    WAREHOUSE_KEEPER = "warehouse_keeper"
    QUALITY_MANAGER = "quality_manager"
    PURCHASING = "purchasing"
    ADMINISTRATOR = "administrator"
    OWNER = "owner"
    AUDITOR = "auditor"
    PARTNER = "partner"


_P = Permission
_LOOK = frozenset({_P.EVENTS_READ, _P.TRACE_READ, _P.HOLDS_READ, _P.QUALITY_READ, _P.CATALOG_READ})
_FLOOR = frozenset({_P.MOBILE_SYNC, _P.EVENTS_CAPTURE, _P.TRACE_READ, _P.HOLDS_READ, _P.QUALITY_READ, _P.CATALOG_READ, _P.ALERTS_ACT})
_INSPECT = frozenset({_P.INSPECTIONS_RECORD, _P.NONCONFORMANCES_OPEN})

ROLES: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.WORKER: _FLOOR,
        Role.LINE_LEAD: _FLOOR | _LOOK | _INSPECT | {_P.HOLDS_PLACE, _P.SHIPMENTS_COMMAND, _P.DEVICES_READ},
        Role.QC_INSPECTOR: _FLOOR | _LOOK | _INSPECT | {_P.HOLDS_PLACE, _P.RECALLS_READ, _P.DOCUMENTS_MAKE},
        Role.WAREHOUSE_KEEPER: _FLOOR | _LOOK | {_P.SHIPMENTS_COMMAND},
        Role.QUALITY_MANAGER: _FLOOR
        | _LOOK
        | _INSPECT
        | {_P.SPECIFICATIONS_WRITE, _P.INSTRUMENTS_MANAGE, _P.NONCONFORMANCES_DECIDE, _P.ACTIONS_MANAGE, _P.ACTIONS_VERIFY, _P.RULES_MANAGE}
        | {_P.RECALLS_READ, _P.RECALLS_MANAGE, _P.RECALLS_DECIDE, _P.DOCUMENTS_MAKE}
        | {_P.EVENTS_REVIEW, _P.HOLDS_PLACE, _P.HOLDS_RELEASE, _P.ALIASES_DECLARE, _P.CATALOG_WRITE, _P.HISTORY_PUBLISH}
        | {_P.PEOPLE_READ, _P.DEVICES_READ, _P.SANDBOX_USE, _P.AUDIT_READ},
        Role.PURCHASING: _LOOK | {_P.CATALOG_WRITE, _P.RECALLS_READ, _P.DOCUMENTS_MAKE},
        # Runs the system, and decides nothing about goods: no release, no shipment.
        Role.ADMINISTRATOR: _LOOK
        | {_P.QUERIES_SUBSCRIBE, _P.NOTIFICATIONS_MANAGE, _P.WEBHOOKS_MANAGE}
        | {_P.EVENTS_CAPTURE, _P.EVENTS_REVIEW, _P.CATALOG_WRITE, _P.HISTORY_PUBLISH, _P.PEOPLE_READ, _P.PEOPLE_MANAGE, _P.ROLES_MANAGE}
        | {_P.DEVICES_READ, _P.DEVICES_MANAGE, _P.CLIENTS_READ, _P.CLIENTS_MANAGE, _P.SANDBOX_USE, _P.SANDBOX_MANAGE, _P.AUDIT_READ},
        Role.OWNER: frozenset(Permission),
        # Having a document made changes nothing: it tells what he may read, and who asked stands on the trail.
        Role.AUDITOR: _LOOK | {_P.RECALLS_READ, _P.DOCUMENTS_MAKE, _P.PEOPLE_READ, _P.DEVICES_READ, _P.CLIENTS_READ, _P.AUDIT_READ},
        # Reports what it did; what it may see is granted piece by piece.
        Role.PARTNER: frozenset({_P.EVENTS_CAPTURE}),
    }
)

# Whoever is granted one of these acts with a second factor and signs the act (21 CFR 11.200): see `tenants/signatures`.
SIGNED: Final = frozenset({_P.HOLDS_RELEASE, _P.NONCONFORMANCES_DECIDE, _P.ACTIONS_VERIFY, _P.RECALLS_DECIDE})
# What changes who may do what, and what a person signs, no machine is ever allowed to do.
MACHINES: Final = frozenset(Permission) - SIGNED - {
    _P.EVENTS_REVIEW, _P.MOBILE_SYNC, _P.PEOPLE_MANAGE, _P.ROLES_MANAGE, _P.DEVICES_MANAGE, _P.CLIENTS_READ, _P.CLIENTS_MANAGE,
    _P.SANDBOX_USE, _P.SANDBOX_MANAGE, _P.INSTRUMENTS_MANAGE, _P.ACTIONS_MANAGE, _P.RULES_MANAGE, _P.WEBHOOKS_MANAGE,
    _P.NOTIFICATIONS_MANAGE, _P.RECALLS_MANAGE,
}  # fmt: skip
# What isn't done at a place: granted at one site only, it would open the whole company, so there it doesn't count (`tenants/grants.py`).
UNDIVIDED: Final = frozenset(
    {_P.PEOPLE_READ, _P.PEOPLE_MANAGE, _P.ROLES_MANAGE, _P.CLIENTS_READ, _P.CLIENTS_MANAGE, _P.SANDBOX_USE, _P.SANDBOX_MANAGE, _P.AUDIT_READ}
    | {_P.RULES_MANAGE, _P.NOTIFICATIONS_MANAGE, _P.WEBHOOKS_MANAGE}
    # A recall is the company's: what it reaches lies at all of its sites, and beyond.
    | {_P.RECALLS_READ, _P.RECALLS_MANAGE, _P.RECALLS_DECIDE}
)
# A phone that was enrolled captures at its site, and looks up what it needs for that.
DEVICES: Final = _FLOOR | _INSPECT | {_P.HOLDS_PLACE, _P.SHIPMENTS_COMMAND}


def permissions_of(role: str) -> frozenset[Permission]:
    """The permissions of a built-in role; a role that isn't known grants nothing."""
    try:
        return ROLES[Role(role)]
    except ValueError:
        return frozenset()


def known_permissions(names: frozenset[str]) -> frozenset[Permission]:
    """Those of the stored names that still mean something; one that was abolished grants nothing."""
    return frozenset(permission for permission in Permission if str(permission) in names)
