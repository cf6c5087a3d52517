"""Prints one document: its parts as JSON on standard input, the PDF on standard output. With limits of its own: see `press.py`."""

import json
import logging
import resource
import sys

from infra.printing.press import MEMORY_BYTES, SECONDS
from infra.printing.rendering import render
from infra.printing.shell import PrintedDocument


def main() -> None:
    """Whatever it is given to print, it can't take more than its share."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    logging.disable(logging.CRITICAL)
    document = PrintedDocument(**json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(render(document))


if __name__ == "__main__":
    main()
