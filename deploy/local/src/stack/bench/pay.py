"""`bench pay`: what reading a payment page and paying cost, and how many can pay one invoice at the same time.

Costs are of payments and of PostgreSQL as a whole, which has what sharing's gate does there in it; services that are
not needed meanwhile are stopped.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.payments import PaymentConcluded
from stack.addresses import Addresses
from stack.bench.checks import check_once
from stack.bench.cpu import CpuSeconds, read_cpu
from stack.bench.firm_at_work import FirmAtWork, open_firm_at_work
from stack.bench.pay_crowd import Crowd, open_crowd
from stack.bench.result import InvalidRun, Result, load_now, rounded, spread
from stack.bench.scale import Scale
from stack.bench.together import together
from stack.client.paying import Page, pay, payable_ids, payment_of, payment_page
from stack.client.people import Person, meet
from stack.client.practice import expect
from stack.client.sharing import share_in_portal
from stack.client.topics import TopicWatch, watching
from stack.control import Control
from stack.folders import RunFolder
from stack.terminal import err

OPEN_INVOICES = 200
CHARGES_PER_PAYMENT = 3
PAYERS = (10, 50)
UNNEEDED = ("invoices", "notify", "web")

_CONCLUDED_TIMEOUT_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.005


@dataclass(slots=True)
class Measured:
    """CPU milliseconds of each page and of each charge, and attempts a second by how many paid at once."""

    page_ms: list[float] = field(default_factory=list[float])
    charge_ms: list[float] = field(default_factory=list[float])
    attempts: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    open_invoices: int = 0


@dataclass(frozen=True, slots=True)
class Pids:
    """The processes whose time is counted."""

    payments: int
    postgres: int
    kafka: int

    def read(self) -> CpuSeconds:
        return read_cpu(self.payments, self.postgres, self.kafka)


def bench_pay(run: RunFolder, addresses: Addresses, scale: Scale) -> Result:
    """Measure on a whole stack; `scale.commands` pages, payments and attempts in a round.

    Raises: InvalidRun, WrongAnswerError.
    """
    load = load_now()
    measured = asyncio.run(_measure(run, addresses, scale))
    figures = {
        "page_cpu_ms": rounded(statistics.median(measured.page_ms)),
        "charge_cpu_ms": rounded(statistics.median(measured.charge_ms)),
        **{f"attempts_per_second_{n}": rounded(statistics.median(rates)) for n, rates in measured.attempts.items()},
    }
    details = {
        "page_cpu_ms": spread(measured.page_ms),
        "charge_cpu_ms": spread(measured.charge_ms),
        "attempts_per_second": {str(payers): spread(rates) for payers, rates in measured.attempts.items()},
        "open_invoices": measured.open_invoices,
    }
    return Result("pay", figures, scale.rounds, load, {"spread": details})


async def _measure(run: RunFolder, addresses: Addresses, scale: Scale) -> Measured:
    measured = Measured(attempts={payers: [] for payers in PAYERS})
    async with open_firm_at_work(addresses) as firm, watching(addresses.kafka_bootstrap) as watch:
        payer, invoice_ids = await _open_invoices(firm, scale)
        measured.open_invoices = len(invoice_ids)
        crowd = await open_crowd(firm, max(PAYERS))
        await firm.rest()
        with Control(run) as control:
            for name in UNNEEDED:
                control.stop(name)
            ids = {process["name"]: process["pid"] or 0 for process in control.status()}
        pids = Pids(ids["payments"], ids["postgres"], ids["kafka"])
        batches = iter([invoice_ids[at : at + CHARGES_PER_PAYMENT] for at in range(0, len(invoice_ids), 3)])
        for number in range(scale.rounds):
            measured.page_ms.append(await _read_pages(firm, pids, payer, scale.commands))
            chosen = [next(batches) for _ in range(_payments(scale))]
            measured.charge_ms.append(await _pay(firm, pids, payer, chosen, watch))
            await _crowd(crowd, measured, scale.commands, reverse=number % 2 == 1)
            err.print(
                f"  round {number + 1}: page {measured.page_ms[-1]:.1f} ms, charge {measured.charge_ms[-1]:.1f} ms, "
                + ", ".join(f"{payers} payers {rates[-1]:.0f}/s" for payers, rates in measured.attempts.items())
            )
        await crowd.check()
    return measured


def _payments(scale: Scale) -> int:
    """How many payments a round has; all rounds together leave most of the invoices open."""
    return max(1, min(scale.commands // 5, OPEN_INVOICES // 2 // CHARGES_PER_PAYMENT // scale.rounds))


async def _open_invoices(firm: FirmAtWork, scale: Scale) -> tuple[Person, list[UUID]]:
    """Give one contact its open invoices, on two matters."""
    count = min(OPEN_INVOICES, scale.commands * 10)
    matters = [await firm.practice.matter(f"P-{number}", "Benchmark") for number in range(2)]
    payer = await meet(firm.practice, "Ada", matters[0])
    assign = {"roles": ["client"]}
    path = f"/v1/matters/{matters[1]}/contacts/{payer.contact_id}"
    expect("assign", 200, await firm.practice.api.send("PUT", "invoices", path, json_body=assign))

    invoice_ids = await together(firm.practice.final_invoice, [matters[place % 2] for place in range(count)])
    await firm.rest()

    async def share(invoice_id: UUID) -> None:
        expect("share", 200, await share_in_portal(firm.practice, invoice_id, [payer.contact_id]))

    await together(share, invoice_ids)
    await firm.rest()
    if await payable_ids(firm.practice, payer.contact_id) != set(invoice_ids):
        raise InvalidRun(f"the payment page does not list the {count} open invoices")
    return payer, invoice_ids


async def _read_pages(firm: FirmAtWork, pids: Pids, payer: Person, count: int) -> float:
    """Read the page again and again; tells what one reading costs, in milliseconds."""
    await payment_page(firm.practice, payer.contact_id)
    before = pids.read()
    for _ in range(count):
        await payment_page(firm.practice, payer.contact_id)
    return _cost_ms(pids.read() - before, count)


async def _pay(
    firm: FirmAtWork, pids: Pids, payer: Person, batches: Sequence[Sequence[UUID]], watch: TopicWatch
) -> float:
    """Pay invoices, one payment after another, each until it is announced; tells what one charge costs."""
    page: Page = await payment_page(firm.practice, payer.contact_id)
    charges = 0
    before = pids.read()
    for invoice_ids in batches:
        amounts = {invoice_id: page[str(invoice_id)]["payable_minor"] for invoice_id in invoice_ids}
        payment = payment_of(payer.contact_id, amounts, "tok_ok")
        expect("pay", 202, await pay(firm.practice, payment))
        said = await _concluded(watch, payment.payment_id)
        check_once("a charge", [str(one) for one in invoice_ids], [one["invoice_id"] for one in said["charges"]])
        if any(one["state"] != "succeeded" for one in said["charges"]):
            raise InvalidRun(f"payment {payment.payment_id} did not succeed")
        charges += len(invoice_ids)
    return _cost_ms(pids.read() - before, charges)


async def _concluded(watch: TopicWatch, payment_id: UUID) -> dict[str, Any]:
    """Wait until a payment is announced as concluded."""
    try:
        async with asyncio.timeout(_CONCLUDED_TIMEOUT_SECONDS):
            while True:
                for seen in reversed(watch.seen):
                    if seen.type == PaymentConcluded.wire.type and seen.data["payment_id"] == str(payment_id):
                        return seen.data
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
    except TimeoutError:
        raise InvalidRun(f"payment {payment_id} was not concluded") from None


async def _crowd(crowd: Crowd, measured: Measured, attempts: int, *, reverse: bool) -> None:
    for payers in sorted(PAYERS, reverse=reverse):
        begun = time.monotonic()
        await crowd.pay(payers, max(attempts, payers))
        measured.attempts[payers].append(max(attempts, payers) / (time.monotonic() - begun))


def _cost_ms(used: CpuSeconds, count: int) -> float:
    return (used.service + used.postgres) / count * 1e3
