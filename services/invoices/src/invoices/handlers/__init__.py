"""Kafka in: facts of other services and commands to this one, each translated for one use case."""

from chassis.intake.commands import command_consumer, command_route
from chassis.intake.route import fact_consumer, fact_route
from contracts.invoices import (
    AddContact,
    AddStaffUser,
    AssignMatterContact,
    ChangeContact,
    ChangeDraft,
    ChangeFirm,
    ChangeMatter,
    ChangeStaffUser,
    CreditInvoice,
    DraftInvoice,
    FinaliseInvoice,
    OpenMatter,
    RegisterApiKey,
    RenderInvoicePdf,
    ReviseInvoice,
    RevokeApiKey,
    VoidInvoice,
)
from contracts.notify import DeliveryAccepted, DeliveryFailed
from contracts.payments import (
    BalanceChanged,
    ChargeDeclined,
    ChargeRefunded,
    ChargeSettled,
    PaymentConcluded,
    PaymentStarted,
    RefundDeclined,
)
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from invoices.handlers.deliveries import on_delivery_accepted, on_delivery_failed
from invoices.handlers.payments import (
    on_balance_changed,
    on_charge_declined,
    on_charge_refunded,
    on_charge_settled,
    on_payment_concluded,
    on_payment_started,
    on_refund_declined,
)
from invoices.handlers.shares import on_invoice_shared, on_shares_restored, on_shares_revoked, on_shares_suspended
from invoices.usecases.add_contact import add_contact
from invoices.usecases.add_staff_user import add_staff_user
from invoices.usecases.assign_matter_contact import assign_matter_contact
from invoices.usecases.change_contact import change_contact
from invoices.usecases.change_draft import change_draft
from invoices.usecases.change_firm import change_firm
from invoices.usecases.change_matter import change_matter
from invoices.usecases.change_staff_user import change_staff_user
from invoices.usecases.credit_invoice import credit_invoice
from invoices.usecases.draft_invoice import draft_invoice
from invoices.usecases.finalise_invoice import finalise_invoice
from invoices.usecases.open_matter import open_matter
from invoices.usecases.register_api_key import register_api_key
from invoices.usecases.render_invoice_pdf import render_invoice_pdf
from invoices.usecases.revise_invoice import revise_invoice
from invoices.usecases.revoke_api_key import revoke_api_key
from invoices.usecases.void_invoice import void_invoice

# In order: a share that ends must not be overtaken by the news that it began.
FACTS = fact_consumer(
    "invoices",
    [
        fact_route(InvoiceShared, on_invoice_shared),
        fact_route(SharesRevoked, on_shares_revoked),
        fact_route(SharesSuspended, on_shares_suspended),
        fact_route(SharesRestored, on_shares_restored),
        fact_route(DeliveryAccepted, on_delivery_accepted),
        fact_route(DeliveryFailed, on_delivery_failed),
        fact_route(BalanceChanged, on_balance_changed),
        fact_route(PaymentStarted, on_payment_started),
        fact_route(ChargeSettled, on_charge_settled),
        fact_route(ChargeDeclined, on_charge_declined),
        fact_route(ChargeRefunded, on_charge_refunded),
        fact_route(RefundDeclined, on_refund_declined),
        fact_route(PaymentConcluded, on_payment_concluded),
    ],
    is_ordered=True,
)

COMMANDS = command_consumer(
    "invoices",
    [
        command_route("invoices", ChangeFirm, change_firm),
        command_route("invoices", AddStaffUser, add_staff_user),
        command_route("invoices", ChangeStaffUser, change_staff_user),
        command_route("invoices", RegisterApiKey, register_api_key),
        command_route("invoices", RevokeApiKey, revoke_api_key),
        command_route("invoices", OpenMatter, open_matter),
        command_route("invoices", ChangeMatter, change_matter),
        command_route("invoices", AssignMatterContact, assign_matter_contact),
        command_route("invoices", AddContact, add_contact),
        command_route("invoices", ChangeContact, change_contact),
        command_route("invoices", DraftInvoice, draft_invoice),
        command_route("invoices", ChangeDraft, change_draft),
        command_route("invoices", FinaliseInvoice, finalise_invoice),
        command_route("invoices", ReviseInvoice, revise_invoice),
        command_route("invoices", VoidInvoice, void_invoice),
        command_route("invoices", CreditInvoice, credit_invoice),
        command_route("invoices", RenderInvoicePdf, render_invoice_pdf),
    ],
)
