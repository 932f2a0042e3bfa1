"""Commands to pay that came by topic: the gate is asked outside any transaction, then the use case of HTTP judges.

Killed at any line a command is claimed again when its lease ends: its effect, its answer and its end are one
transaction.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from chassis.database import CONTENTION, UNAVAILABLE, Database, Tx, withhold_rows
from chassis.failpoint import failpoint
from chassis.jobs import Job, Step
from chassis.outcome import Accepted, Outcome, Request
from chassis.tracing import span
from contracts.payments import PayInvoices, RetryCharges
from payments.gateways.sharing_gate import GateUnreachable, Passes, SharingGate
from payments.store.asked_payments import AskedPayment, ClaimedAsk, lock_claimed
from payments.usecases.claim_asked_payments import claim_asked_payments
from payments.usecases.end_asked_payment import end_asked_payment
from payments.usecases.fail_asked_payment import fail_asked_payment
from payments.usecases.pay_invoices import pay_invoices
from payments.usecases.postpone_asked_payment import postpone_asked_payment
from payments.usecases.read_payment import read_payment
from payments.usecases.retry_charges import retry_charges

AT_ONCE_MAX = 8
LEASE_SECONDS = 45.0
"""Longer than the gate takes to answer or not, and than the server lets a transaction last."""

C = TypeVar("C", PayInvoices, RetryCharges)

_log = structlog.get_logger("payments.asked")


async def carry_out(database: Database, gate: SharingGate, claimed: ClaimedAsk) -> None:
    """Bring one claimed command to its answer, or give it back. Safe to be killed at any line.

    Raises: the database's error while it is away; the command is claimed again when the lease ends.
    """
    with span("carry out command", claimed.asked.traceparent):
        try:
            await _judge(database, gate, claimed)
        except (GateUnreachable, *CONTENTION) as error:
            _log.warning("asked_payment_waits", command_id=str(claimed.asked.command_id), error=type(error).__name__)
            async with database.transaction() as tx:
                await postpone_asked_payment(tx, claimed)
        except UNAVAILABLE:
            raise
        except Exception as error:  # noqa: BLE001 - an edge as intake is: one command's fault must not stop the others
            withhold_rows(error)
            _log.error("asked_payment_failed", command_id=str(claimed.asked.command_id), exc_info=error)
            async with database.transaction() as tx:
                await fail_asked_payment(tx, claimed)


async def _judge(database: Database, gate: SharingGate, claimed: ClaimedAsk) -> None:
    command = _read(claimed.asked)
    passes = await _ask_gate(database, gate, claimed.asked, command)
    failpoint("asked.after_gate")
    async with database.transaction() as tx:
        if not await lock_claimed(tx, claimed):
            return
        outcome = await _start(tx, claimed.asked, command, passes)
        assert not isinstance(outcome, Accepted), "it was accepted when it came"
        await end_asked_payment(tx, claimed, outcome)
        failpoint("asked.before_commit")
    failpoint("asked.after_commit")


def _read(asked: AskedPayment) -> PayInvoices | RetryCharges:
    model = PayInvoices if asked.command_type == PayInvoices.wire.type else RetryCharges
    return model.model_validate_json(asked.command)


async def _ask_gate(
    database: Database, gate: SharingGate, asked: AskedPayment, command: PayInvoices | RetryCharges
) -> Passes:
    if isinstance(command, PayInvoices):
        return await gate.ask(asked.firm_id, command.contact_id, [each.invoice_id for each in command.invoices])
    async with database.reading() as tx:
        story = await read_payment(tx, asked.firm_id, command.payment_id)
    if story is None:
        return gate.ask_nothing()
    return await gate.ask(asked.firm_id, story.payment.contact_id, story.invoice_ids_of(command.charge_ids))


async def _start(tx: Tx, asked: AskedPayment, command: PayInvoices | RetryCharges, passes: Passes) -> Outcome:
    """Do as HTTP does."""
    if isinstance(command, PayInvoices):
        (outcome,) = await pay_invoices(tx, [_request(asked, command)], passes=passes)
    else:
        (outcome,) = await retry_charges(tx, [_request(asked, command)], passes=passes)
    return outcome


def _request(asked: AskedPayment, command: C) -> Request[C]:
    return Request(command, asked.principal, asked.cause)


def asked_payments_job(gate: SharingGate, *, lease_seconds: float = LEASE_SECONDS) -> Job:
    """Make the job that carries out what was kept, beside the intake that keeps it: its commits wake this loop."""

    async def step(database: Database) -> bool:
        claimed = await claim_asked_payments(database, AT_ONCE_MAX, lease_seconds=lease_seconds)
        ends = await asyncio.gather(*(carry_out(database, gate, each) for each in claimed), return_exceptions=True)
        for error in ends:
            if error is not None:
                raise error
        # Whatever ended lets the next of its payment be due.
        return bool(claimed)

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        yield step

    return Job("asked_payments", "worker", open_step)
