"""Every business no of this service: the slug is stable, the detail is for people."""

from enum import StrEnum


class Refusal(StrEnum):
    """What is wrong. A slug of the form `unknown_…` or `invalid_…` has a meaning for HTTP too."""

    ALREADY_EXISTS = "already_exists"
    AMOUNT_TOO_LARGE = "amount_too_large"
    BILLING_TAKEN = "billing_taken"
    CONTACT_NAMED_TWICE = "contact_named_twice"
    CREDIT_EXCEEDS_TOTAL = "credit_exceeds_total"
    CURRENCY_DIFFERS = "currency_differs"
    DISCOUNT_EXCEEDS_SUBTOTAL = "discount_exceeds_subtotal"
    DUE_BEFORE_ISSUE = "due_before_issue"
    INVALID_CURRENCY = "invalid_currency"
    INVALID_TIME_ZONE = "invalid_time_zone"
    NO_LINES = "no_lines"
    NOT_DRAFT = "not_draft"
    NOT_FINAL = "not_final"
    SCOPE_MISSING = "scope_missing"
    STALE_VERSION = "stale_version"
    STAFF_USER_DISABLED = "staff_user_disabled"
    TOO_MANY_LINES = "too_many_lines"
    UNKNOWN_API_KEY = "unknown_api_key"
    UNKNOWN_CONTACT = "unknown_contact"
    UNKNOWN_FIRM = "unknown_firm"
    UNKNOWN_INVOICE = "unknown_invoice"
    UNKNOWN_MATTER = "unknown_matter"
    UNKNOWN_PDF = "unknown_pdf"
    UNKNOWN_STAFF_USER = "unknown_staff_user"
    VOID = "void"

    @property
    def detail(self) -> str:
        return _DETAILS[self]


_DETAILS = {
    Refusal.ALREADY_EXISTS: "this id is in use with other content",
    Refusal.AMOUNT_TOO_LARGE: "the sum is above what one invoice can hold",
    Refusal.BILLING_TAKEN: "a matter has at most one billing contact",
    Refusal.CONTACT_NAMED_TWICE: "name each contact once, with all its roles",
    Refusal.CREDIT_EXCEEDS_TOTAL: "all credits together are above what the invoice asks for",
    Refusal.CURRENCY_DIFFERS: "the currency of a final invoice stays",
    Refusal.DISCOUNT_EXCEEDS_SUBTOTAL: "the discount is above the sum of the lines",
    Refusal.DUE_BEFORE_ISSUE: "the due date is before the day the invoice is issued",
    Refusal.INVALID_CURRENCY: "no such currency in ISO 4217, or not in use any more",
    Refusal.INVALID_TIME_ZONE: "no such time zone in the IANA database",
    Refusal.NO_LINES: "a final invoice has at least one line",
    Refusal.NOT_DRAFT: "the invoice is not a draft any more",
    Refusal.NOT_FINAL: "the invoice is still a draft",
    Refusal.SCOPE_MISSING: "a key cannot have scopes that its maker lacks",
    Refusal.STALE_VERSION: "the invoice has another version by now: look at it first",
    Refusal.STAFF_USER_DISABLED: "the staff account is disabled",
    Refusal.TOO_MANY_LINES: "notes and comments that contacts see have more lines than can be printed",
    Refusal.UNKNOWN_API_KEY: "no such API key",
    Refusal.UNKNOWN_CONTACT: "no such contact",
    Refusal.UNKNOWN_FIRM: "no such firm",
    Refusal.UNKNOWN_INVOICE: "no such invoice",
    Refusal.UNKNOWN_MATTER: "no such matter",
    Refusal.UNKNOWN_PDF: "no such pdf",
    Refusal.UNKNOWN_STAFF_USER: "no such staff account",
    Refusal.VOID: "the invoice is void",
}
