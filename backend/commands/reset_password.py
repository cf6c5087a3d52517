"""Issue a link with which a person of any companies sets a new password; the token is shown once, and each company's trail tells of it."""

import argparse
import asyncio

from backend.services import build_services
from infra.settings import load_settings
from tenants.recovery.service import IssuedReset


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For whom, and why."""
    parser.add_argument("login", help="the person's sign-in name")
    parser.add_argument("--reason", required=True, help="how it was made sure that it is he who asks; the person's companies read it")
    parser.add_argument("--remove-second-factor", action="store_true", help="for who has lost phone and recovery codes; needs --vouched-by")
    parser.add_argument("--vouched-by", help="who else knows that it is he")


def run(arguments: argparse.Namespace) -> None:
    """Prints the token, for the mutation resetPassword."""
    issued = asyncio.run(issue(arguments))
    print(f"{issued.token} (good once, until {issued.expires_at:%Y-%m-%d %H:%M} UTC)")  # noqa: T201 - the one time that it is shown


async def issue(arguments: argparse.Namespace) -> IssuedReset:
    """The link."""
    services = build_services(load_settings())
    try:
        return await services.identity.resets.issue_for_operator(
            arguments.login, reason=arguments.reason, vouched_by=arguments.vouched_by, remove_second_factor=arguments.remove_second_factor
        )
    finally:
        await services.close()
