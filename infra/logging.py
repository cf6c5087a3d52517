"""Structured logs on standard error, each line with the request id of the request that it belongs to, secrets blanked."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|cookie|signing_key|encryption_key|api_key", re.IGNORECASE)
# The password of an address (a Redis one often has no user before it), a bearer token, a JWT wherever it stands, a token of ours in a link.
_SECRETS = re.compile(r"(?<=://)([^:/@\s]*):[^@\s]+(?=@)|\b([Bb]earer )\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bsy[a-z]_[\w-]{20,}")
_BLANK = "***"


def _blank_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _blanked(name, value)
    return event


def _blanked(name: str, value: Any) -> Any:
    """The value without what nobody may read in a log: by its name, at any depth, or by its form within a text."""
    if name.startswith("_"):
        return value
    if _SECRET_NAMES.search(name):
        return _BLANK
    if isinstance(value, str):
        return _SECRETS.sub(_replacement, value)
    if isinstance(value, Mapping):
        return {key: _blanked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_blanked("", inner) for inner in value]
    return value


def _replacement(found: re.Match[str]) -> str:
    if found[1] is not None:
        return f"{found[1]}:{_BLANK}"
    return f"{found[2] or ''}{_BLANK}"


def configure_logging(*, level: str, json: bool) -> None:
    """Set up structlog and the standard library's logging alike; call once at start."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _blank_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module; fields are given as keywords, never formatted into the message."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
