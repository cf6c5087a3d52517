"""Seal second factors, tokens of subscriptions and secrets of webhooks with the current encryption key, so that a retired one may go."""

import argparse
import asyncio
import sys
from uuid import UUID

from backend.services import build_services
from infra.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(arguments: argparse.Namespace) -> None:
    """May be repeated, and runs beside servers; says how many there were."""
    done, unreadable = asyncio.run(_reseal())
    print(f"{done} secrets sealed anew.")  # noqa: T201 - what was done
    if unreadable:
        sys.exit(
            f"No known key opens the second factors of these persons, "
            f"or the secrets of these subscriptions, webhooks, channels and consumers' requests: {', '.join(map(str, unreadable))}."
        )


async def _reseal() -> tuple[int, list[UUID]]:
    services = build_services(load_settings())
    try:
        done, unreadable = await services.identity.second_factors.reseal()
        tokens, lost = await services.deliveries.reseal()
        webhooks, closed = await services.webhooks.reseal()
        channels, sealed = await services.notifications.reseal()
        addresses, unread = await services.consumer_mail.reseal()
        return done + tokens + webhooks + channels + addresses, [*unreadable, *lost, *closed, *sealed, *unread]
    finally:
        await services.close()
