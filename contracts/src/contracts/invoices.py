"""What invoices owns: firms, staff, API keys, matters, contacts and invoices. Commands to it, facts from it."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from contracts import topics
from contracts.fields import (
    Channel,
    Colour,
    ContactRole,
    Currency,
    EmailAddress,
    ItemKind,
    Label,
    Locale,
    Minor,
    Name,
    Paragraphs,
    Phone,
    Quantity,
    Scope,
    Sha256,
    TaxRate,
    TimeZone,
)
from contracts.message import Command, Fact, Part, State

StaffRole = Literal["owner", "billing", "reader"]
InvoiceStatus = Literal["draft", "final", "partly_paid", "paid", "void"]
LineKind = Literal["time", "expense", "flat_fee", "part"]

# ---- firms, staff, keys -------------------------------------------------------------------------------------------


class FirmProfile(Part):
    """What a firm says of itself and may do (glossary: firm)."""

    name: Name
    brand_colour: Colour = "#1f4e79"
    time_zone: TimeZone = "UTC"
    locale: Locale = "en-US"
    currency: Currency = "USD"
    reply_to: EmailAddress
    channels: list[Channel] = Field(default=["portal", "email", "link", "text"], max_length=4)
    online_payments: bool = True
    share_message: Paragraphs | None = None


class FirmChanged(State, topic=topics.FIRM, key="firm_id"):
    """The firm as it is now."""

    firm_id: UUID
    profile: FirmProfile


class ChangeFirm(Command, to="invoices", key="firm_id", scope="firm:write"):
    """Replace the firm's profile. The firm is the asker's own: another's is `unknown_firm`."""

    firm_id: UUID
    profile: FirmProfile


class StaffUserChanged(State, topic=topics.STAFF_USER, key="staff_user_id"):
    """A staff account as it is now."""

    staff_user_id: UUID
    name: Name
    email: EmailAddress
    role: StaffRole
    is_enabled: bool


class AddStaffUser(Command, to="invoices", key="staff_user_id", scope="staff:write"):
    """Open a staff account."""

    staff_user_id: UUID
    name: Name
    email: EmailAddress
    role: StaffRole


class ChangeStaffUser(Command, to="invoices", key="staff_user_id", scope="staff:write"):
    """Replace what a staff account says; disabling it disables its API keys."""

    staff_user_id: UUID
    name: Name
    email: EmailAddress
    role: StaffRole
    is_enabled: bool


class ApiKeyChanged(State, topic=topics.API_KEY, key="api_key_id"):
    """An API key as it is now: its hash and scopes, so that each service checks keys by itself. Never the key."""

    api_key_id: UUID
    label: Label
    secret_sha256: Sha256
    scopes: list[Scope]
    staff_user_id: UUID | None = None
    is_revoked: bool


class RegisterApiKey(Command, to="invoices", key="api_key_id", scope="keys:write"):
    """Make an API key whose secret the asker made and keeps: only its hash travels."""

    api_key_id: UUID
    label: Label
    secret_sha256: Sha256
    scopes: list[Scope] = Field(min_length=1, max_length=40)
    staff_user_id: UUID | None = None


class RevokeApiKey(Command, to="invoices", key="api_key_id", scope="keys:write"):
    """End an API key. Repeating it changes nothing."""

    api_key_id: UUID


# ---- matters and contacts -----------------------------------------------------------------------------------------


class MatterProfile(Part):
    """What a matter says of itself, and what the portal may show of it (S8)."""

    number: Label
    name: Name
    portal_enabled: bool = True
    portal_kinds: list[ItemKind] = Field(
        default=["invoice", "event", "task", "note", "document", "message", "form"], max_length=7
    )


class MatterContact(Part):
    """A contact's roles on a matter: at least one, each once."""

    contact_id: UUID
    roles: list[ContactRole] = Field(min_length=1, max_length=4)


class MatterChanged(State, topic=topics.MATTER, key="matter_id"):
    """The matter as it is now, with everyone on it."""

    matter_id: UUID
    profile: MatterProfile
    contacts: list[MatterContact]


class OpenMatter(Command, to="invoices", key="matter_id", scope="matters:write"):
    """Open a matter, with contacts that are known already."""

    matter_id: UUID
    profile: MatterProfile
    contacts: list[MatterContact] = Field(default=[], max_length=500)


class ChangeMatter(Command, to="invoices", key="matter_id", scope="matters:write"):
    """Replace the matter's profile; its contacts stay."""

    matter_id: UUID
    profile: MatterProfile


class AssignMatterContact(Command, to="invoices", key="matter_id", scope="matters:write"):
    """Set a contact's roles on a matter; no roles takes the contact off it. At most one contact has `billing`."""

    matter_id: UUID
    contact_id: UUID
    roles: list[ContactRole] = Field(max_length=4)


class ContactProfile(Part):
    """A person or company and how to reach them."""

    name: Name
    kind: Literal["person", "company"] = "person"
    email: EmailAddress | None = None
    phone: Phone | None = None
    locale: Locale = "en-US"


class ContactChanged(State, topic=topics.CONTACT, key="contact_id"):
    """The contact as it is now."""

    contact_id: UUID
    profile: ContactProfile


class AddContact(Command, to="invoices", key="contact_id", scope="contacts:write"):
    """Add a contact, and put it on a matter where one is named. The same contact added again changes nothing."""

    contact_id: UUID
    profile: ContactProfile
    matter_id: UUID | None = None
    roles: list[ContactRole] = Field(default=[], max_length=4)

    @model_validator(mode="after")
    def roles_belong_to_a_matter(self) -> "AddContact":
        if bool(self.roles) != (self.matter_id is not None):
            raise ValueError("matter_id and roles come together")
        return self


class ChangeContact(Command, to="invoices", key="contact_id", scope="contacts:write"):
    """Replace what a contact says."""

    contact_id: UUID
    profile: ContactProfile


# ---- invoices -----------------------------------------------------------------------------------------------------


class InvoiceLine(Part):
    """One line. Amount = quantity x unit price, rounded half away from zero; tax is added on top of it."""

    kind: LineKind
    description: Name
    quantity: Quantity
    unit_price_minor: Minor
    tax_rate_percent: TaxRate = Field(default=0, validate_default=True)


class InvoiceComment(Part):
    """A remark on the invoice; an internal one is never shown to a contact."""

    text: Paragraphs
    is_client_visible: bool


class InvoiceTerms(Part):
    """Everything a draft says."""

    currency: Currency
    lines: list[InvoiceLine] = Field(default=[], max_length=2000)
    discount_minor: Minor = 0
    due_on: date | None = None
    due_in_days: int | None = Field(default=None, ge=0, le=3650)
    notes: Paragraphs | None = None
    comments: list[InvoiceComment] = Field(default=[], max_length=200)

    @model_validator(mode="after")
    def due_is_said_once(self) -> "InvoiceTerms":
        if self.due_on is not None and self.due_in_days is not None:
            raise ValueError("give due_on or due_in_days, not both")
        return self


class InvoiceTotals(Part):
    """Sums of one version, all in the invoice's currency. total = subtotal - discount + tax."""

    subtotal_minor: Minor
    discount_minor: Minor
    tax_minor: Minor
    total_minor: Minor


class DraftInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Draft an invoice on a matter (I2). `share_with` takes effect when it is finalised, without asking again."""

    invoice_id: UUID
    matter_id: UUID
    terms: InvoiceTerms
    share_with: list[UUID] = Field(default=[], max_length=100)


class ChangeDraft(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Replace what a draft says; refused (`not_draft`) once it is final."""

    invoice_id: UUID
    terms: InvoiceTerms


class FinaliseInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Give the invoice its number and its first version (I3). Already final counts as done."""

    invoice_id: UUID


class InvoiceCreated(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A draft was made."""

    invoice_id: UUID
    matter_id: UUID
    currency: Currency
    totals: InvoiceTotals
    share_with: list[UUID]


class DraftChanged(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A draft says something else now."""

    invoice_id: UUID
    matter_id: UUID
    currency: Currency
    totals: InvoiceTotals


class InvoiceFinalised(Fact, topic=topics.INVOICE, key="invoice_id"):
    """The invoice has its number and first version; from here every change makes a new version."""

    invoice_id: UUID
    matter_id: UUID
    number: Label
    version: int = Field(ge=1)
    currency: Currency
    totals: InvoiceTotals
    issued_on: date
    due_on: date
