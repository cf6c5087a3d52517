"""Bring the database of SUYUAN_DATABASE_OWNER_URL to the newest revision."""

import argparse
import asyncio
import os
import sys

from infra import migrate as migrations


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None."""


def run(_arguments: argparse.Namespace) -> None:
    """Needs the owner's address alone, none of the other settings."""
    owner_url = os.environ.get("SUYUAN_DATABASE_OWNER_URL")
    if not owner_url:
        sys.exit("SUYUAN_DATABASE_OWNER_URL is not set: give the address of the role suyuan_migrator.")
    asyncio.run(migrations.upgrade(owner_url))
