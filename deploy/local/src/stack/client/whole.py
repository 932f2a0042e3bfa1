"""What a test of the whole stack looks at: a firm at work, the mail, the topics, the processor's journal."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from chassis.testing.eventually import eventually
from stack.addresses import Addresses
from stack.client.paying import payable_ids, payment_shown
from stack.client.people import Person, PostOffice, meet
from stack.client.practice import Practice, plain_terms
from stack.client.sharing import share_by_email
from stack.client.topics import TopicWatch


@dataclass(frozen=True, slots=True)
class Whole:
    """One running stack as seen by one firm. `at_rest` waits until nothing is on its way any more."""

    office: Practice
    post: PostOffice
    watch: TopicWatch
    addresses: Addresses
    http: httpx.AsyncClient
    at_rest: Callable[[], Awaitable[None]]

    async def payable_invoice(self, total_minor: int) -> tuple[UUID, Person]:
        """Make an invoice that somebody has by e-mail and finds on their payment page.

        Raises: AssertionError where it does not come onto the page.
        """
        matter_id = await self.office.matter("W-1", "To be paid")
        person = await meet(self.office, "Ada", matter_id)
        invoice_id = await self.office.final_invoice(matter_id, plain_terms(total_minor))
        answer = await share_by_email(self.office, invoice_id, [person.contact_id])
        assert answer.status == 200, answer  # noqa: PLR2004 - HTTP: OK

        async def listed() -> bool:
            return await payable_ids(self.office, person.contact_id) == {invoice_id}

        await eventually(listed, timeout_seconds=30)
        return invoice_id, person

    async def concluded(self, payment_id: UUID, *, attempt: int = 1) -> dict[str, dict[str, Any]]:
        """Wait until every charge of a payment has an outcome; returns the charges by invoice.

        Raises: AssertionError.
        """

        async def shown() -> dict[str, Any]:
            payment = await payment_shown(self.office, payment_id)
            return payment if (payment.get("state"), payment.get("attempt")) == ("concluded", attempt) else {}

        payment = await eventually(shown, timeout_seconds=90)
        return {charge["invoice_id"]: charge for charge in payment["charges"]}

    async def charged(self, charge_ids: set[str]) -> Counter[str]:
        """Count how often the processor took the money of these charges, by its own journal."""
        entries = (await self.http.get(f"{self.addresses.url_of('processor')}/v1/journal")).json()["entries"]
        taken = [entry["key"] for entry in entries if (entry["kind"], entry["status"]) == ("charge", "succeeded")]
        return Counter(charge_id for charge_id in charge_ids for key in taken if key.startswith(charge_id))
