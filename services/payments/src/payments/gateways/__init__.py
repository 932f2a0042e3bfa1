"""The outside of payments: card processors, all spoken to in one way."""

from typing import Protocol

from payments.domain.processor_answer import Declined, NotFound, Succeeded, Unknown


class Processor(Protocol):
    """One card processor.

    A key means one charge, or one refund, for ever: the same key with the same content is safe to send again. What
    networks and servers do is an answer, `Unknown`, and never raised; raised is only what is wrong with the request
    itself (`WrongRequest`), which the processor has then not acted on. Never called inside a transaction.
    """

    async def charge(
        self, key: str, *, amount_minor: int, currency: str, method_token: str, reference: str
    ) -> Succeeded | Declined | Unknown:
        """Take money. `reference`, up to 80 characters, is the line on the payer's bank statement."""
        ...

    async def ask(self, key: str) -> Succeeded | Declined | NotFound | Unknown:
        """Tell what became of a charge; changes nothing."""
        ...

    async def refund(
        self, key: str, *, charge_ref: str, amount_minor: int, currency: str
    ) -> Succeeded | Declined | Unknown:
        """Give back part or all of the charge that the processor knows as `charge_ref`."""
        ...

    async def ask_refund(self, key: str) -> Succeeded | Declined | NotFound | Unknown:
        """Tell what became of a refund; changes nothing."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class WrongRequest(Exception):
    """The processor refuses the request as such: it is malformed, or its key belongs to another. A bug of ours."""
