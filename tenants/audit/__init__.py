"""The audit trail: who did what, when, from where and why. The database lets anybody add to it, and nobody change it."""

from tenants.audit.recording import MAX_REASON, SERVICE_ACTOR, SERVICE_KIND, record

__all__ = ["MAX_REASON", "SERVICE_ACTOR", "SERVICE_KIND", "record"]
