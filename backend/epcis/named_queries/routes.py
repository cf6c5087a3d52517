"""The routes of named queries, to be mounted under /epcis. No logic."""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from backend.epcis.named_queries.query_routes import events_of_query, name_query, named_query, queries, remove_query
from backend.epcis.named_queries.subscription_routes import resume, subscribe, subscription, subscriptions, unsubscribe

NAMED_QUERIES: Final[list[HTTPRouteHandler]] = [
    queries, name_query, named_query, remove_query, events_of_query, subscriptions, subscribe, subscription, unsubscribe, resume,
]  # fmt: skip
