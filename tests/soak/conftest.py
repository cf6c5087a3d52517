"""The queue that several modules here try out."""

from tests.infra.queue_fixtures import queue, queue_urls, queue_valkey

__all__ = ["queue", "queue_urls", "queue_valkey"]
