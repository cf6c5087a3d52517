"""The commands of the service, `python -m backend.cli …`: serve, work, migrate, and what only an operator may do."""

import argparse
import importlib
import sys
from typing import Final

from infra.errors import SuyuanError

COMMANDS: Final = (
    "serve", "work", "migrate", "create-tenant", "claim-prefix", "lift-block", "purge-retired", "reseal-secrets", "reset-password", "index-events",
    "derive-links", "index-search",
)  # fmt: skip


def main() -> None:
    """Parse and run; a refusal is one line on standard error."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(f"Usage: python -m backend.cli {'|'.join(COMMANDS)} …")
    # Only the called one is imported: a server's processes start in half the time.
    command = importlib.import_module(f"backend.commands.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"python -m backend.cli {name}", description=command.__doc__)
    command.add_arguments(parser)
    try:
        command.run(parser.parse_args(sys.argv[2:]))
    except SuyuanError as problem:
        sys.exit(problem.message)


if __name__ == "__main__":
    main()
