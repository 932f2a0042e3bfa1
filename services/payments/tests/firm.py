"""One firm as the tests play it: what it hears, what its payers do, and what came of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payments.tests.books import DISAGREEING, MISHELD, UNBALANCED
from services.payments.tests.facts import Facts
from services.payments.tests.gate import PUBLIC_KEY, make_grant

from chassis.database import Database
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.outcome import Cause, Outcome, Request
from chassis.parked import Parked, RawRecord
from chassis.principal import Principal
from contracts.message import Command
from contracts.payments import ChosenInvoice, PayInvoices, RefundCharge, RetryCharges
from payments.domain.invoice import Balance
from payments.domain.payment_page import PaymentPage
from payments.domain.payment_story import PaymentStory
from payments.domain.processor_answer import Declined, Succeeded
from payments.domain.processor_order import ClaimedOrder, ProcessorOrder
from payments.gateways.sharing_gate import Passes
from payments.handlers import FACTS
from payments.store.balances import find_balance
from payments.store.order_claims import claim_due
from payments.usecases.pay_invoices import pay_invoices
from payments.usecases.read_payment import read_payment
from payments.usecases.read_payment_page import read_payment_page
from payments.usecases.refund_charge import refund_charge
from payments.usecases.retry_charges import retry_charges
from payments.usecases.settle_order import settle_order
from payments.usecases.verify_ledger import verify_ledger


@dataclass
class Firm(Facts):
    """One firm whose facts arrive at payments."""

    database: Database
    firm_id: UUID = field(default_factory=new_id)
    matter_id: UUID = field(default_factory=new_id)
    offset: int = 0

    async def hears(self, *records: RawRecord) -> None:
        """One batch, in one transaction."""
        readings = [read(FACTS, record) for record in records]
        assert [reading for reading in readings if isinstance(reading, Parked)] == []
        async with self.database.transaction() as tx:
            await apply_batch(tx, FACTS, readings)

    async def page_of(self, contact_id: UUID) -> PaymentPage | None:
        async with self.database.reading() as tx:
            return await read_payment_page(tx, self.firm_id, contact_id)

    async def listed(self, contact_id: UUID) -> list[UUID]:
        """The invoices on a contact's page, in its order."""
        page = await self.page_of(contact_id)
        assert page is not None
        return [invoice.invoice_id for currency in page.pages for invoice in currency.invoices]

    async def announced(self) -> list[dict[str, Any]]:
        """What payments has put into its outbox, as other services will read it, in that order."""
        async with self.database.reading() as tx:
            rows = await tx.fetch("select payload from outbox order by outbox_id")
        return [json.loads(row["payload"]) for row in rows]

    async def bills(self, contact_id: UUID, *totals_minor: int, **more: Any) -> list[UUID]:
        """Final invoices of these totals on one matter, shared with the contact through the portal."""
        invoice_ids = [new_id() for _ in totals_minor]
        await self.hears(
            self.firm_changed(),
            self.contact_changed(contact_id),
            self.matter_changed(self.matter_id),
            *(
                self.finalised(
                    invoice_id,
                    total_minor=total_minor,
                    matter_id=self.matter_id,
                    number=f"2026-{position:06}",
                    **more,
                )
                for position, (invoice_id, total_minor) in enumerate(
                    zip(invoice_ids, totals_minor, strict=True), start=1
                )
            ),
            *(self.shared(invoice_id, contact_id) for invoice_id in invoice_ids),
        )
        return invoice_ids

    def request(self, command: Command) -> Request[Any]:
        cause = Cause("payments", new_id(), self.firm_id, "api_key:1", new_id())
        return Request(command, Principal(self.firm_id, "api_key", "1", frozenset({command.scope})), cause)

    def passes(self, contact_id: UUID, invoice_ids: Iterable[UUID]) -> Passes:
        """What a gate says that grants all of it."""
        return Passes(PUBLIC_KEY, {each: self.grant(contact_id, each) for each in invoice_ids})

    def grant(self, contact_id: UUID, invoice_id: UUID, issued_at: datetime | None = None, **more: Any) -> str:
        return make_grant(self.firm_id, contact_id, invoice_id, issued_at, **more)

    def wish(self, contact_id: UUID, amounts: Mapping[UUID, int], **more: Any) -> PayInvoices:
        """A payment of these amounts, at the first version of each invoice unless `version` is given."""
        version = more.pop("version", 1)
        said = {"payment_id": new_id(), "currency": "USD", "method_token": "tok_ok", **more}
        chosen = [
            ChosenInvoice(invoice_id=each, version=version, amount_minor=amount) for each, amount in amounts.items()
        ]
        return PayInvoices(contact_id=contact_id, invoices=chosen, **said)

    async def pays(self, *wishes: PayInvoices) -> list[Outcome]:
        """Payments of one call, as a gate lets them through that grants everything."""
        granted = [(wish.contact_id, each.invoice_id) for wish in wishes for each in wish.invoices]
        passes = Passes(
            PUBLIC_KEY, {invoice_id: self.grant(contact_id, invoice_id) for contact_id, invoice_id in granted}
        )
        async with self.database.transaction() as tx:
            return await pay_invoices(tx, [self.request(wish) for wish in wishes], passes=passes)

    async def retries(self, wish: PayInvoices, charge_ids: Sequence[UUID], method_token: str = "tok_ok") -> Outcome:
        command = RetryCharges(payment_id=wish.payment_id, charge_ids=list(charge_ids), method_token=method_token)
        passes = self.passes(wish.contact_id, [each.invoice_id for each in wish.invoices])
        async with self.database.transaction() as tx:
            (outcome,) = await retry_charges(tx, [self.request(command)], passes=passes)
        return outcome

    async def refunds(self, charge_id: UUID, amount_minor: int, refund_id: UUID | None = None) -> Outcome:
        command = RefundCharge(
            charge_id=charge_id, refund_id=refund_id or new_id(), amount_minor=amount_minor, reason="goodwill"
        )
        async with self.database.transaction() as tx:
            (outcome,) = await refund_charge(tx, [self.request(command)])
        return outcome

    async def claims(self, limit: int = 100) -> list[ClaimedOrder]:
        """Every order that is due, as a charger claims them, by the number of their invoice."""
        async with self.database.transaction() as tx:
            claimed = await claim_due(tx, limit, new_id(), lease_seconds=60, key_lifetime_seconds=3600)
        return sorted(claimed, key=lambda each: each.order.reference)

    async def settles(self, order: ProcessorOrder, outcome: Succeeded | Declined | None = None) -> bool:
        """An outcome as any route brings it; without one the processor did what was ordered."""
        done = Succeeded(f"ref_{order.key}"[:80], order.amount_minor, order.currency)
        async with self.database.transaction() as tx:
            return await settle_order(tx, order, outcome or done)

    async def settles_all(self) -> None:
        for claimed in await self.claims():
            assert await self.settles(claimed.order)

    async def balance(self, invoice_id: UUID) -> Balance:
        async with self.database.reading() as tx:
            balance = await find_balance(tx, self.firm_id, invoice_id)
        assert balance is not None
        return balance

    async def story(self, payment_id: UUID) -> PaymentStory:
        async with self.database.reading() as tx:
            story = await read_payment(tx, self.firm_id, payment_id)
        assert story is not None
        return story

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """What was said of one type, such as `charge-settled`: the data alone."""
        wire_type = f"handbill.payments.{kind}.v1"
        return [said["data"] for said in await self.announced() if said["type"] == wire_type]

    async def cases(self) -> list[str]:
        async with self.database.reading() as tx:
            rows = await tx.fetch("select kind from cases where firm_id = $1 order by kind", self.firm_id)
        return [row["kind"] for row in rows]

    async def case_details(self) -> list[str]:
        async with self.database.reading() as tx:
            rows = await tx.fetch("select detail from cases where firm_id = $1 order by kind", self.firm_id)
        return [row["detail"] for row in rows]

    async def books_agree(self) -> None:
        """Every journal transaction is zero, each invoice's entries add up to its balance, and its chain holds."""
        async with self.database.reading() as tx:
            assert await tx.fetch(UNBALANCED) == []
            assert await tx.fetch(DISAGREEING) == []
            assert await tx.fetch(MISHELD) == []
            assert (await verify_ledger(tx, self.firm_id, limit=1_000)).broken == []
