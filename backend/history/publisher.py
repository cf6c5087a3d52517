"""Outbox handlers that bring what is published of a lot or unit up to its events and holds."""

from typing import Any

from infra.database import TenantTransaction


async def publish_captured(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After events were captured."""


async def publish_held(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After a hold was placed or released."""
