"""Facts that come in, each translated for its use case."""

from chassis.intake.commands import command_consumer
from chassis.intake.route import fact_consumer, fact_route
from contracts.invoices import (
    ApiKeyChanged,
    ContactChanged,
    FirmChanged,
    InvoiceCredited,
    InvoicePdfFailed,
    InvoicePdfReady,
    InvoiceRevised,
    InvoiceVoided,
)
from contracts.payments import BalanceChanged, ChargeRefunded, PaymentConcluded
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from notify.handlers.invoices import (
    on_invoice_credited,
    on_invoice_pdf_failed,
    on_invoice_pdf_ready,
    on_invoice_revised,
    on_invoice_voided,
)
from notify.handlers.payments import on_balance_changed, on_charge_refunded, on_payment_concluded
from notify.handlers.shares import on_invoice_shared, on_shares_restored, on_shares_revoked, on_shares_suspended
from notify.handlers.state import on_api_key_changed, on_contact_changed, on_firm_changed

# In order per key: what happens to a share is about what happened to it before.
FACTS = fact_consumer(
    "notify",
    [
        fact_route(ApiKeyChanged, on_api_key_changed),
        fact_route(FirmChanged, on_firm_changed),
        fact_route(ContactChanged, on_contact_changed),
        fact_route(InvoiceShared, on_invoice_shared),
        fact_route(SharesRevoked, on_shares_revoked),
        fact_route(SharesSuspended, on_shares_suspended),
        fact_route(SharesRestored, on_shares_restored),
        fact_route(InvoicePdfReady, on_invoice_pdf_ready),
        fact_route(InvoicePdfFailed, on_invoice_pdf_failed),
        fact_route(InvoiceRevised, on_invoice_revised),
        fact_route(InvoiceVoided, on_invoice_voided),
        fact_route(InvoiceCredited, on_invoice_credited),
        fact_route(BalanceChanged, on_balance_changed),
        fact_route(PaymentConcluded, on_payment_concluded),
        fact_route(ChargeRefunded, on_charge_refunded),
    ],
    is_ordered=True,
)
# None yet; whoever sends one is answered that there is no such command.
COMMANDS = command_consumer("notify", [])
