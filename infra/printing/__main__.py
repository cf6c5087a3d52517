"""Prints one document: its parts as JSON on standard input; on standard output how many pages, a line, and the PDF. Limits: see `press.py`."""

import json
import logging
import resource
import sys

from infra.printing.press import MEMORY_BYTES, SECONDS
from infra.printing.rendering import render
from infra.printing.shell import AttachedFile, PrintedDocument


def main() -> None:
    """Whatever it is given to print, it can't take more than its share."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    logging.disable(logging.CRITICAL)
    told = json.load(sys.stdin.buffer)
    document = PrintedDocument(**told | {"attachments": tuple(AttachedFile(**file) for file in told["attachments"])})
    content, pages = render(document)
    sys.stdout.buffer.write(b"%d\n" % pages)
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
