"""Where recalls are worked on."""

from tests.recalls.conftest import anonymous, boss, caller_of, desk, goods, manager, owner

__all__ = ["anonymous", "boss", "caller_of", "desk", "goods", "manager", "owner"]
