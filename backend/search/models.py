"""The index of what can be found, filled by the worker behind the captures: terms of everything, and what has no table of its own."""

from sqlalchemy import BigInteger, Column, Identity, SmallInteger, Text

from infra.schema import APPEND_ONLY, Grants, Key, tenant_table

_READ_ADD_CHANGE: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_READ_ADD_REMOVE: Grants = {"suyuan_app": ("SELECT", "INSERT", "DELETE")}

# Up to which sequence number the tenant's events are indexed.
search_progress = tenant_table("search_progress", Column("seq", BigInteger, nullable=False), key=(), grants=_READ_ADD_CHANGE)

# What isn't a traceable object: products, places and partners by their key, papers and the values of fields by field and value.
# `texts` are the folded label and names, a line each: what an infix is looked for in.
search_entry = tenant_table(
    "search_entry",
    Column("entry_id", BigInteger, Identity(), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("field", BigInteger, nullable=False),
    Column("key", Key, nullable=False),
    Column("label", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("texts", Text, nullable=False),
    key=("entry_id",),
    unique=[("kind", "field", "key")],
    grants=_READ_ADD_CHANGE,
)

# Where the events happened that name it: those who are limited to sites find what is named there.
search_entry_place = tenant_table(
    "search_entry_place",
    Column("entry_id", BigInteger, nullable=False),
    Column("place", Key, nullable=False),
    key=("entry_id", "place"),
    grants=APPEND_ONLY,
)

# Folded texts by which an object (kinds below 10) or an entry is found: from their beginning, from a word's, or backwards from their
# end (`folding.Way`). Only equalities and ranges of plain columns: under the tenant's policy no other operator may use an index.
search_term = tenant_table(
    "search_term",
    Column("way", SmallInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("term", Key, nullable=False),
    Column("subject", BigInteger, nullable=False),
    key=("way", "kind", "term", "subject"),
    grants=_READ_ADD_REMOVE,
)

# Pieces of entries' texts, by which an infix is found.
search_gram = tenant_table(
    "search_gram",
    Column("gram", Key, nullable=False),
    Column("entry_id", BigInteger, nullable=False),
    key=("gram", "entry_id"),
    grants=_READ_ADD_REMOVE,
)
