"""Many payers of one invoice at once: each pays a little, and in the end the books have it all, once."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from chassis.testing.eventually import eventually
from stack.bench.firm_at_work import FirmAtWork
from stack.bench.result import InvalidRun
from stack.bench.together import together
from stack.client.paying import balance_of, books_difference, pay, payment_of
from stack.client.people import Person, meet
from stack.client.practice import expect, plain_terms
from stack.client.sharing import share_in_portal

AMOUNT_MINOR = 100
TOTAL_MINOR = 10_000_000
SETTLED_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """One large invoice, those who have it, and how their attempts to pay were answered, by status."""

    firm: FirmAtWork
    invoice_id: UUID
    people: Sequence[Person]
    answers: Counter[int] = field(default_factory=Counter[int])

    async def pay(self, payers: int, attempts: int) -> None:
        """Make so many attempts, by so many payers at the same time; each is accepted or refused, none is lost."""
        turns = [self.people[number % payers] for number in range(attempts)]
        statuses = await together(self._attempt, turns, at_once=payers)
        self.answers.update(statuses)
        if self.answers.keys() != {202}:
            raise InvalidRun(f"of all attempts to pay, these ended otherwise than accepted: {dict(self.answers)}")

    async def check(self) -> None:
        """Wait until all that was accepted is settled; check that it is exactly that, and that the books balance.

        Raises: InvalidRun.
        """
        accepted_minor = self.answers.total() * AMOUNT_MINOR

        async def done() -> bool:
            return (await balance_of(self.firm.practice, self.invoice_id))["processing_minor"] == 0

        with suppress(AssertionError):
            await eventually(done, timeout_seconds=SETTLED_TIMEOUT_SECONDS)
        balance = await balance_of(self.firm.practice, self.invoice_id)
        if (balance["settled_minor"], balance["open_minor"]) != (accepted_minor, TOTAL_MINOR - accepted_minor):
            raise InvalidRun(f"{self.answers.total()} payments of {AMOUNT_MINOR} left the balance {balance}")
        difference = await books_difference(self.firm.practice)
        if any(difference.values()):
            raise InvalidRun(f"the books do not balance: {difference}")

    async def _attempt(self, person: Person) -> int:
        payment = payment_of(person.contact_id, {self.invoice_id: AMOUNT_MINOR}, "tok_ok")
        return (await pay(self.firm.practice, payment)).status


async def open_crowd(firm: FirmAtWork, payers: int) -> Crowd:
    """Share one invoice with so many contacts by portal."""
    matter_id = await firm.practice.matter("C-1", "Crowd")
    people = await together(lambda name: meet(firm.practice, name, matter_id), ["Payer"] * payers)
    invoice_id = await firm.practice.final_invoice(matter_id, plain_terms(TOTAL_MINOR))
    await firm.rest()
    contact_ids = [person.contact_id for person in people]
    expect("share", 200, await share_in_portal(firm.practice, invoice_id, contact_ids))
    return Crowd(firm, invoice_id, people)
