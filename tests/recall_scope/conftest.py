"""A caller who may read recalls."""

from tests.graphql.conftest import anonymous, caller_of, owner

__all__ = ["anonymous", "caller_of", "owner"]
