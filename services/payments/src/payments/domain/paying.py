"""Whether a payment may be taken: each chosen invoice against what it owes now (P9). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from payments.domain.invoice import Balance
from payments.domain.money import money_words


class PaymentRefusal(StrEnum):
    """Why nothing is taken. One invoice that cannot be paid as chosen refuses the payment as a whole."""

    INVALID_SELECTION = "invalid_selection"
    ONLINE_PAYMENTS_OFF = "online_payments_off"
    NO_ADDRESS = "no_address"
    UNKNOWN_INVOICE = "unknown_invoice"
    VOID = "void"
    CURRENCY_DIFFERS = "currency_differs"
    STALE_VERSION = "stale_version"
    AMOUNT_EXCEEDS_PAYABLE = "amount_exceeds_payable"


@dataclass(frozen=True, slots=True)
class Choice:
    """One invoice and the amount for it, at the version that the payer saw."""

    invoice_id: UUID
    version: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefusedPayment:
    """A no, and the invoices that are in its way, as they are now.

    `is_behind`: the payer or the gate knows a later version than has arrived here, so more may be known in a moment.
    """

    refusal: PaymentRefusal
    invoices: tuple[Balance, ...] = ()
    unknown_ids: tuple[UUID, ...] = ()
    is_behind: bool = False

    @property
    def detail(self) -> str:
        """Say it to a person."""
        if self.unknown_ids:
            return f"not for this contact to pay: {', '.join(map(str, self.unknown_ids))}"
        if not self.invoices:
            return "name each invoice once, with an amount above zero"
        return "; ".join(
            f"invoice {each.invoice_id} is at version {each.version}, "
            f"{money_words(each.payable_minor, each.currency)} payable" + (", void" if each.is_void else "")
            for each in self.invoices
        )

    @property
    def more(self) -> dict[str, object]:
        """Say it to a machine: what each invoice is at now."""
        now: list[dict[str, str | int | bool]] = [
            {
                "invoice_id": str(each.invoice_id),
                "version": each.version,
                "currency": each.currency,
                "payable_minor": each.payable_minor,
                "is_void": each.is_void,
            }
            for each in self.invoices
        ]
        return {"invoices": now} if now else {}


def judge_choices(
    choices: Sequence[Choice], currency: str, balances: Mapping[UUID, Balance], admitted: Mapping[UUID, int]
) -> RefusedPayment | None:
    """Refuse what cannot be taken as chosen; None admits all of it.

    `admitted` are those that the contact may pay, by the gate's word, with the newest version that it knows: what it
    replaces is not paid any more. `balances` has an entry for each. The first reason that applies is given, with every
    invoice that it applies to; where versions or amounts differ, with all whose version or amount does.
    """
    chosen_ids = [choice.invoice_id for choice in choices]
    if not choices or len(set(chosen_ids)) < len(chosen_ids) or any(choice.amount_minor <= 0 for choice in choices):
        return RefusedPayment(PaymentRefusal.INVALID_SELECTION)
    unknown_ids = tuple(invoice_id for invoice_id in chosen_ids if invoice_id not in admitted)
    if unknown_ids:
        return RefusedPayment(PaymentRefusal.UNKNOWN_INVOICE, unknown_ids=unknown_ids)
    pairs = [(choice, balances[choice.invoice_id]) for choice in choices]
    void = tuple(balance for _, balance in pairs if balance.is_void)
    if void:
        return RefusedPayment(PaymentRefusal.VOID, void)
    other_currency = tuple(balance for _, balance in pairs if balance.currency != currency)
    if other_currency:
        return RefusedPayment(PaymentRefusal.CURRENCY_DIFFERS, other_currency)
    behind = {
        each.invoice_id for each, balance in pairs if balance.version < max(each.version, admitted[each.invoice_id])
    }
    stale = behind | {choice.invoice_id for choice, balance in pairs if choice.version < balance.version}
    exceeding = {choice.invoice_id for choice, balance in pairs if choice.amount_minor > balance.payable_minor}
    if stale or exceeding:
        refusal = PaymentRefusal.STALE_VERSION if stale else PaymentRefusal.AMOUNT_EXCEEDS_PAYABLE
        differing = tuple(balances[each] for each in chosen_ids if each in stale | exceeding)
        return RefusedPayment(refusal, differing, is_behind=bool(behind))
    return None
