"""Databases of a test's own, cloned from the migrated template, and thrown away at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from infra.provision import DatabaseUrls
from tests import citus
from tests.conftest import ROLE_PASSWORDS, TEMPLATE, Cluster


@contextmanager
def clone_of(cluster: Cluster, purpose: str) -> Iterator[DatabaseUrls]:
    """A fresh database for one worker and one purpose."""
    name = f"suyuan_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    urls = citus.make_database(cluster.admin_dsn, name, TEMPLATE, ROLE_PASSWORDS)
    try:
        yield urls
    finally:
        citus.drop_database(cluster.admin_dsn, name)
