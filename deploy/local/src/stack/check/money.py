"""Money: books, balances, charges and refunds follow from one another, to the last unit."""

from typing import LiteralString
from uuid import UUID

from contracts.payments import PaymentConcluded
from stack.check.evidence import Evidence, Row
from stack.check.invariant import Invariant, in_database

_UNBALANCED: LiteralString = """
select journal.firm_id, journal.journal_id, entries.currency, sum(amount_minor) as sum_minor
from journal
left join entries using (firm_id, journal_id)
group by journal.firm_id, journal.journal_id, entries.currency
having sum(amount_minor) is distinct from 0
"""
# What an invoice asks for is what its newest version says, less its credits; the rest is what became of its charges.
_BALANCES_APART: LiteralString = """
with charged as (
    select firm_id, invoice_id,
        coalesce(sum(amount_minor) filter (where state = 'succeeded'), 0) as settled_minor,
        coalesce(sum(amount_minor) filter (where state in ('submitted', 'unknown')), 0) as held_minor
    from charges group by firm_id, invoice_id
), refunded as (
    select charges.firm_id, charges.invoice_id, sum(refunds.amount_minor) as refunded_minor
    from refunds join charges using (firm_id, charge_id)
    where refunds.state = 'succeeded'
    group by charges.firm_id, charges.invoice_id
), expected as (
    select invoice.firm_id, invoice.invoice_id, invoice.version, invoice.total_minor, invoice.credited_minor,
        invoice.status = 'void' as is_void,
        coalesce(charged.settled_minor, 0) as settled_minor, coalesce(charged.held_minor, 0) as held_minor,
        coalesce(refunded.refunded_minor, 0) as refunded_minor
    from invoices as invoice
    left join charged using (firm_id, invoice_id)
    left join refunded using (firm_id, invoice_id)
), owed as (
    select *, greatest(
        0, case when is_void then 0 else greatest(0, total_minor - credited_minor) end - settled_minor + refunded_minor
    ) as open_minor
    from expected
)
select firm_id, invoice_id, to_jsonb(balance)::text as balance, to_jsonb(owed)::text as expected
from balances as balance
full join owed using (firm_id, invoice_id)
where (balance.version, balance.total_minor, balance.credited_minor, balance.is_void, balance.settled_minor,
       balance.held_minor, balance.refunded_minor, balance.open_minor, balance.payable_minor)
    is distinct from
      (owed.version, owed.total_minor, owed.credited_minor, owed.is_void, owed.settled_minor, owed.held_minor,
       owed.refunded_minor, owed.open_minor, greatest(0, owed.open_minor - owed.held_minor))
"""
_OUT_OF_BOUNDS: LiteralString = """
select firm_id, invoice_id, total_minor, settled_minor, refunded_minor
from balances
where settled_minor < refunded_minor
"""
_BOOKS_APART: LiteralString = """
with booked as (
    select journal.firm_id, journal.invoice_id,
        coalesce(sum(amount_minor) filter (where account = 'receivable'), 0) as receivable,
        coalesce(sum(amount_minor) filter (where account = 'cash'), 0) as cash,
        coalesce(sum(amount_minor) filter (where account = 'billed'), 0) as billed,
        coalesce(sum(amount_minor) filter (where account = 'client_credit'), 0) as client_credit
    from journal join entries using (firm_id, journal_id)
    group by journal.firm_id, journal.invoice_id
), standing as (
    select firm_id, invoice_id, open_minor, settled_minor - refunded_minor as paid_minor,
        case when is_void then 0 else greatest(0, total_minor - credited_minor) end as asked_minor
    from balances
)
select firm_id, invoice_id, receivable, open_minor, cash, paid_minor, billed, asked_minor, client_credit
from booked
full join standing using (firm_id, invoice_id)
where (coalesce(receivable, 0), coalesce(cash, 0), coalesce(billed, 0), coalesce(client_credit, 0))
    is distinct from (open_minor, paid_minor, -asked_minor, -greatest(0, paid_minor - asked_minor))
"""
_REFUNDS_APART: LiteralString = """
select charge.firm_id, charge.charge_id, charge.state, charge.amount_minor, charge.refunded_minor,
    charge.refunding_minor, sum(refund.amount_minor) filter (where refund.state = 'succeeded') as refunded
from charges as charge
left join refunds as refund using (firm_id, charge_id)
group by charge.firm_id, charge.charge_id
having charge.refunded_minor <> coalesce(sum(refund.amount_minor) filter (where refund.state = 'succeeded'), 0)
    or charge.refunding_minor
        <> coalesce(sum(refund.amount_minor) filter (where refund.state in ('submitted', 'unknown')), 0)
    or charge.refunded_minor + charge.refunding_minor
        > case charge.state when 'succeeded' then charge.amount_minor else 0 end
"""
_LONG_UNKNOWN: LiteralString = """
select firm_id, order_id, kind, state, submitted_at
from processor_orders as unended
where ended_at is null and submitted_at < clock_timestamp() - interval '24 hours'
  and not exists (
      select from cases
      where cases.firm_id = unended.firm_id and cases.order_id = unended.order_id and cases.closed_at is null
  )
"""
# Every charge has an order of its own for each attempt; the newest one is what became of the charge.
_CHARGES_APART: LiteralString = """
select charge.firm_id, charge.charge_id, charge.state, charge.attempt, count(latest) as newest_orders
from charges as charge
left join processor_orders as latest
    on latest.firm_id = charge.firm_id and latest.charge_id = charge.charge_id and latest.kind = 'charge'
    and (latest.attempt, latest.payment_id, latest.invoice_id, latest.amount_minor, latest.currency)
        = (charge.attempt, charge.payment_id, charge.invoice_id, charge.amount_minor, charge.currency)
    and (latest.state, latest.provider_ref, latest.decline_reason)
        is not distinct from (
            case when charge.state in ('submitted', 'unknown') then latest.state else charge.state end,
            charge.provider_ref, charge.decline_reason
        )
    and (latest.ended_at is null) = (charge.state in ('submitted', 'unknown'))
group by charge.firm_id, charge.charge_id
having count(latest) <> 1
"""
_CHARGED_AGAIN: LiteralString = """
select firm_id, charge_id, count(*) as orders, count(*) filter (where state <> 'declined') as not_declined
from processor_orders
where kind = 'charge'
group by firm_id, charge_id
having count(*) filter (where state <> 'declined') > 1 or count(distinct attempt) <> count(*)
"""
_PAYMENTS_APART: LiteralString = """
select payment.firm_id, payment.payment_id, payment.state, count(charge) as charges,
    count(charge) filter (where charge.state in ('submitted', 'unknown')) as open_charges
from payments as payment
left join charges as charge using (firm_id, payment_id)
group by payment.firm_id, payment.payment_id
having count(charge) = 0
    or bool_or(charge.currency <> payment.currency)
    or (payment.state = 'concluded') <> (count(charge) filter (where charge.state in ('submitted', 'unknown')) = 0)
"""
_CONCLUDED: LiteralString = """
select payment.firm_id, payment.payment_id, payment.attempt, count(*) as charges,
    coalesce(sum(amount_minor) filter (where charge.state = 'succeeded'), 0)::bigint as paid_minor
from payments as payment
join charges as charge using (firm_id, payment_id)
where payment.state = 'concluded'
group by payment.firm_id, payment.payment_id, payment.attempt
"""


async def find_conclusions_apart(evidence: Evidence) -> list[Row]:
    """Find payments whose conclusion, as it was told, is not the sum of their charges."""
    newest = {
        (fact.envelope.firm, UUID(fact.data["payment_id"])): fact.data for fact in evidence.facts(PaymentConcluded)
    }
    offenders: list[Row] = []
    for row in await evidence.rows("payments", _CONCLUDED):
        told = newest.get((row["firm_id"], row["payment_id"]))
        seen = told and {
            "attempt": told["attempt"],
            "charges": len(told["charges"]),
            "paid_minor": told["paid_minor"],
        }
        succeeded = [one["amount_minor"] for one in told["charges"] if one["state"] == "succeeded"] if told else []
        if (
            seen != {name: row[name] for name in ("attempt", "charges", "paid_minor")}
            or sum(succeeded) != row["paid_minor"]
        ):
            offenders.append({**row, "told": seen})
    return offenders


MONEY = (
    in_database("I9", "every transaction of the ledger adds up to zero in each currency", "payments", _UNBALANCED),
    in_database("I11", "what was settled less what was refunded is never less than zero", "payments", _OUT_OF_BOUNDS),
    in_database("I11", "each balance follows from its invoice, charges and refunds", "payments", _BALANCES_APART),
    in_database("I11", "each balance is what its ledger entries add up to", "payments", _BOOKS_APART),
    in_database("I12", "refunds of a charge never exceed it, and are counted on it", "payments", _REFUNDS_APART),
    in_database("I13", "whatever has no outcome for a day is a case for a person", "payments", _LONG_UNKNOWN),
    in_database("I14", "each charge is what became of its newest order", "payments", _CHARGES_APART),
    in_database("I14", "no charge was ordered again unless it was declined", "payments", _CHARGED_AGAIN),
    in_database("I14", "a payment is concluded when all of its charges are", "payments", _PAYMENTS_APART),
    Invariant("I14", "a conclusion tells what the charges add up to", find_conclusions_apart, reads_topics=True),
)  # fmt: skip
