"""Distribute a migrated database over a Citus cluster: every tenant's rows on one node, tables without a tenant on all of them."""

import argparse
import asyncio
import os
import sys

from infra.distribute import distribute
from infra.distribution import SHARDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to do it, and in how many parts."""
    parser.add_argument("--dry-run", action="store_true", help="print the statements and do nothing")
    parser.add_argument(
        "--shards", type=int, default=SHARDS, help=f"in how many parts the tenants are laid; {SHARDS} unless told, fixed from then on"
    )


def run(arguments: argparse.Namespace) -> None:
    """Needs DATABASE_ADMIN_URL alone: an administrator's address of the coordinator's database. May be repeated."""
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if not admin_url:
        sys.exit("DATABASE_ADMIN_URL is not set: give an administrator's address of the database on the Citus coordinator.")
    if not 1 <= arguments.shards <= 1_024:
        sys.exit("--shards must be from 1 to 1024.")
    say = lambda statement: print(f"{statement};")  # noqa: E731, T201 - the statements are the output
    count = asyncio.run(distribute(admin_url, dry_run=arguments.dry_run, shards=arguments.shards, say=say))
    print(f"-- {count} tables {'would be' if arguments.dry_run else 'were'} distributed")  # noqa: T201 - what was done
