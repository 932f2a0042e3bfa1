"""What payments believes the processor has done, and what the processor's own journal says."""

from collections import Counter
from typing import LiteralString

from stack.check.evidence import Evidence, Row
from stack.check.invariant import Invariant
from stack.processor.entry import Entry

_ORDERS: LiteralString = """
select firm_id, order_id, kind, key, amount_minor, currency, state, provider_ref, next_at from processor_orders
"""


async def find_orders_and_journal_apart(evidence: Evidence) -> list[Row]:
    """Find money that one side has moved and the other has not, or not as much of it.

    An order that is still asked about may have succeeded there already; whatever has ended must agree.
    """
    orders = {(row["kind"], row["key"]): row for row in await evidence.rows("payments", _ORDERS)}
    done = {(entry.kind, entry.key): entry for entry in evidence.journal if entry.status == "succeeded"}
    offenders: list[Row] = []
    for place, order in orders.items():
        entry = done.get(place)
        if order["state"] == "succeeded" and _as_ordered(order) != (entry and _as_done(entry)):
            offenders.append({**order, "journal": entry and _as_done(entry)})
        elif order["state"] == "declined" and entry is not None:
            offenders.append({**order, "journal": _as_done(entry)})
    offenders += [
        {"kind": place[0], "key": place[1], "journal": _as_done(done[place]), "fault": "nobody ordered this"}
        for place in done.keys() - orders.keys()
    ]
    return offenders


async def find_keys_done_twice(evidence: Evidence) -> list[Row]:
    """Find keys that moved money more than once."""
    times = Counter((entry.kind, entry.key) for entry in evidence.journal if entry.status == "succeeded")
    return [{"kind": kind, "key": key, "times": count} for (kind, key), count in times.items() if count > 1]


def _as_ordered(order: Row) -> tuple[str, int, str]:
    return order["provider_ref"], order["amount_minor"], order["currency"]


def _as_done(entry: Entry) -> tuple[str, int, str]:
    return entry.ref, entry.order.amount_minor, entry.order.currency


PROCESSOR = (
    Invariant("I10", "the processor has done what payments has settled, for the same amounts, and nothing else",
              find_orders_and_journal_apart),
    Invariant("I10", "no key moved money twice", find_keys_done_twice),
)  # fmt: skip
