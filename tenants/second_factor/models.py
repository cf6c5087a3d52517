"""The global tables of second factors: a person has one, whatever companies he works for."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, LargeBinary, Uuid, func

from infra.roles import AUTH
from infra.schema import Key, global_table

person_factor = global_table(
    "person_factor",
    Column("person_id", Uuid, ForeignKey("person.person_id"), primary_key=True),
    # Sealed with the key that `key_id` names, under the person's id (`sealing.py`).
    Column("secret", LargeBinary, nullable=False),
    Column("key_id", Key, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Until then it is only offered, and protects nothing.
    Column("confirmed_at", DateTime(timezone=True)),
    # The time step of the last code that was taken: none up to it is taken again.
    Column("last_step", BigInteger),
    grants={AUTH: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    reason="a person signs in before a tenant is chosen, and has one second factor for all of them",
)

recovery_code = global_table(
    "recovery_code",
    Column("person_id", Uuid, ForeignKey("person.person_id"), primary_key=True),
    # Of 80 random bits: nothing that is slow to hash would make them harder to guess.
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("used_at", DateTime(timezone=True)),
    grants={AUTH: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    reason="they stand in for the second factor, which is global too",
)
