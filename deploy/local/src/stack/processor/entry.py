"""What is ordered from the processor, and what it writes down about it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from stack.processor.tokens import Reply

KEY_PATTERN = r"^[A-Za-z0-9._:-]{1,100}$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Minor = Annotated[int, Field(strict=True, gt=0, le=10**13)]

Kind = Literal["charge", "refund"]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChargeOrder(_Closed):
    """The body of `POST /v1/charges`. `reference` is the line on the payer's bank statement."""

    amount_minor: Minor
    currency: Currency
    method_token: Text
    reference: Text


class RefundOrder(_Closed):
    """The body of `POST /v1/refunds`. `charge_ref` is the processor's own reference of the charge."""

    charge_ref: Text
    amount_minor: Minor
    currency: Currency


class Entry(_Closed):
    """One line of the journal: what became of one request, and how its caller hears of it each time.

    A `lost` one did nothing, and its key may be used once more.
    """

    at: AwareDatetime
    kind: Kind
    key: Key
    ref: Text
    status: Literal["succeeded", "declined", "lost"]
    reason: Text | None = None
    reply: Reply
    order: ChargeOrder | RefundOrder


class Transaction(_Closed):
    """What a caller is told of a charge or refund, when it is made and whenever it is asked about."""

    key: Key
    ref: Text
    status: Literal["succeeded", "declined"]
    reason: Text | None
    amount_minor: Minor
    currency: Currency
