"""HTTP in: request to one use case to response. `routes_over` makes all of it."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from chassis.blobs import Blobs
from invoices.api.api_keys import delete_api_key, get_api_key, get_api_keys, post_api_key, put_api_key
from invoices.api.contacts import get_contact, get_contacts, post_contact, put_contact
from invoices.api.corrections import post_invoice_credit, post_invoice_revise, post_invoice_void
from invoices.api.documents import invoice_pdf_route, post_invoice_pdf
from invoices.api.firm import get_firm, put_firm
from invoices.api.history import get_invoice_history
from invoices.api.invoices import (
    get_invoice,
    get_invoice_version,
    get_invoice_versions,
    get_invoices,
    post_invoice,
    post_invoice_finalise,
    put_invoice,
)
from invoices.api.matters import (
    delete_matter_contact,
    get_matter,
    get_matters,
    post_matter,
    put_matter,
    put_matter_contact,
)
from invoices.api.staff_users import get_staff_user, get_staff_users, post_staff_user, put_staff_user

_ROUTES: Sequence[ControllerRouterHandler] = (
    get_firm,
    put_firm,
    get_staff_users,
    get_staff_user,
    post_staff_user,
    put_staff_user,
    get_api_keys,
    get_api_key,
    post_api_key,
    put_api_key,
    delete_api_key,
    get_matters,
    get_matter,
    post_matter,
    put_matter,
    put_matter_contact,
    delete_matter_contact,
    get_contacts,
    get_contact,
    post_contact,
    put_contact,
    get_invoices,
    get_invoice,
    get_invoice_versions,
    get_invoice_version,
    get_invoice_history,
    post_invoice,
    put_invoice,
    post_invoice_finalise,
    post_invoice_revise,
    post_invoice_void,
    post_invoice_credit,
    post_invoice_pdf,
)


def routes_over(blobs: Blobs) -> Sequence[ControllerRouterHandler]:
    """Give every route; PDFs come from this store."""
    return (*_ROUTES, invoice_pdf_route(blobs))
