"""The links of aliases: one each way between two objects that a person has declared to be the same (MODEL: Aliases)."""

from datetime import datetime

from backend.genealogy.repository import insert_links
from backend.genealogy.rules import Certainty, LinkKind
from backend.genealogy.same import put_each_in_the_other
from infra.database import TenantTransaction


async def link_same(tx: TenantTransaction, number: int, first: int, second: int, at: datetime) -> None:
    """Link two objects both ways. The links carry the alias's number, negative, where others carry their event: none states them.

    They are certain as far as the declaration is; their kind says that they rest on one. They are taken out of force as an event's are,
    by `superseded` of a batch. Containers come to lie in each other besides.
    """
    row = (-number, int(LinkKind.ALIAS), at, None, None, int(Certainty.CERTAIN))
    await insert_links(tx, [(first, second, *row), (second, first, *row)])
    await put_each_in_the_other(tx, (first, second))
