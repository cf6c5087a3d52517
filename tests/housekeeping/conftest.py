"""A round goes through all companies: here it is through those of this file alone."""

import pytest

from backend.services import Services
from tests.isolation.conftest import clone, clone_services

__all__ = ["clone", "clone_services"]


@pytest.fixture
def services(clone_services: Services) -> Services:
    """On a database of these tests' own."""
    return clone_services
