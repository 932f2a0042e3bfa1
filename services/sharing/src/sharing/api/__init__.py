"""HTTP in: request to one use case to response. `ROUTES` is all that API keys open; the gate is for services."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from sharing.api.commands import get_command
from sharing.api.communications import get_communications
from sharing.api.portal_shares import get_portal_shares, put_portal_shares
from sharing.api.shares import (
    get_shares_of_contact,
    get_shares_of_invoice,
    post_email_shares,
    post_link_shares,
    post_shares_resend,
    post_shares_revoke,
)

ROUTES: Sequence[ControllerRouterHandler] = (
    put_portal_shares,
    get_portal_shares,
    post_email_shares,
    post_link_shares,
    post_shares_revoke,
    post_shares_resend,
    get_shares_of_invoice,
    get_shares_of_contact,
    get_communications,
    get_command,
)
