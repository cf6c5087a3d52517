"""The doorbells of mails to consumers: outbox rows that have the worker look for what is due."""

from datetime import datetime
from typing import Final

from infra.database import TenantTransaction
from infra.outbox import enqueue

DUE: Final = "consumer.mail_due"
# References of confirmations begin so; all others are cases.
CONFIRM: Final = "confirm:"


async def ring_at(tx: TenantTransaction, due_at: datetime) -> None:
    """Have mails looked for then."""
    await enqueue(tx, DUE, [{"due_at": due_at.isoformat()}], due_at=due_at)
