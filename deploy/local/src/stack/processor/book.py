"""What the processor has done, by key, and what it does next. Nothing here waits, so requests decide one by one."""

from collections import Counter

from chassis.clock import now
from chassis.ids import new_id
from stack.processor.entry import ChargeOrder, Entry, Kind, RefundOrder
from stack.processor.journal import Journal
from stack.processor.tokens import Course, method_of


class KeyReused(Exception):
    """The key belongs to an order with another content."""


class Book:
    """The journal's entries as charges and refunds."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._by_key: dict[tuple[Kind, str], Entry] = {}
        self._charges_by_ref: dict[str, ChargeOrder] = {}
        self._refunded_minor: Counter[str] = Counter()
        for entry in journal.entries:
            self._remember(entry)

    @property
    def entries(self) -> list[Entry]:
        return self._journal.entries

    def find(self, kind: Kind, key: str) -> Entry | None:
        """Return what was done or declined under the key; a lost request did neither."""
        entry = self._by_key.get((kind, key))
        return None if entry is None or entry.status == "lost" else entry

    def act(self, key: str, order: ChargeOrder | RefundOrder) -> Entry:
        """Do what is ordered, once per key; on the disk when this returns.

        Raises: KeyReused.
        """
        kind = _kind_of(order)
        earlier = self._by_key.get((kind, key))
        if earlier is not None and earlier.order != order:
            raise KeyReused(key)
        if earlier is not None and earlier.status != "lost":
            return earlier
        entry = _entry_of(key, order, self._course_of(order), is_first=earlier is None)
        self._journal.append(entry)
        self._remember(entry)
        return entry

    def _course_of(self, order: ChargeOrder | RefundOrder) -> Course:
        if isinstance(order, ChargeOrder):
            return method_of(order.method_token).course_of_charge(order.amount_minor)
        charge = self._charges_by_ref.get(order.charge_ref)
        if charge is None:
            return Course(decline_reason="unknown_charge")
        if charge.currency != order.currency:
            return Course(decline_reason="currency_differs")
        if self._refunded_minor[order.charge_ref] + order.amount_minor > charge.amount_minor:
            return Course(decline_reason="amount_exceeds_charge")
        return method_of(charge.method_token).refund

    def _remember(self, entry: Entry) -> None:
        self._by_key[entry.kind, entry.key] = entry
        if entry.status != "succeeded":
            return
        if isinstance(entry.order, ChargeOrder):
            self._charges_by_ref[entry.ref] = entry.order
        else:
            self._refunded_minor[entry.order.charge_ref] += entry.order.amount_minor


def _entry_of(key: str, order: ChargeOrder | RefundOrder, course: Course, *, is_first: bool) -> Entry:
    is_lost = is_first and course.is_first_lost
    kind = _kind_of(order)
    return Entry(
        at=now(),
        kind=kind,
        key=key,
        ref=f"{kind[:2]}_{new_id().hex}",
        status="lost" if is_lost else "succeeded" if course.decline_reason is None else "declined",
        reason=course.decline_reason,
        reply="silence" if is_lost else course.reply,
        order=order,
    )


def _kind_of(order: ChargeOrder | RefundOrder) -> Kind:
    return "charge" if isinstance(order, ChargeOrder) else "refund"
