"""What payments owns: what is owed, and every payment. Facts from it."""

from uuid import UUID

from pydantic import Field

from contracts import topics
from contracts.fields import Currency, Minor
from contracts.message import State


class BalanceChanged(State, topic=topics.BALANCE, key="invoice_id"):
    """What an invoice owes now, judged by the version that payments has applied (P1).

    open = total - credits - settled + refunded; payable = open - unsettled holds.
    """

    invoice_id: UUID
    version: int = Field(ge=1)
    currency: Currency
    total_minor: Minor
    open_minor: Minor
    payable_minor: Minor
