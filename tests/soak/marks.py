"""The mark of what takes minutes: left out unless `make soak` asks for it."""

import os
from collections.abc import Callable
from typing import Any

import pytest

SOAKING = bool(os.environ.get("SUYUAN_SOAK"))


def soak(test: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a test that only `make soak` runs."""
    skipped: Callable[..., Any] = pytest.mark.skipif(not SOAKING, reason="takes minutes: make soak")(test)
    marked: Callable[..., Any] = pytest.mark.soak(skipped)
    return marked
