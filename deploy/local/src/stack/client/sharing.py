"""Sharing an invoice as a firm does, each in one call; refusals are returned, not raised.

Each waits until sharing knows what it names.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.fields import Channel, CommentChoice
from contracts.sharing import EmailShareRequest, NewContact
from stack.client.api import Answer
from stack.client.careful import until_known
from stack.client.practice import Practice, expect


async def share_in_portal(
    practice: Practice,
    invoice_id: UUID,
    contact_ids: Sequence[UUID],
    *,
    new_contacts: Sequence[NewContact] = (),
    message: str | None = None,
    idempotency_key: UUID | None = None,
) -> Answer:
    """Make these contacts the ones who have an invoice in their portal."""
    return await until_known(
        lambda: practice.save_portal_shares(
            invoice_id, contact_ids, new_contacts=new_contacts, message=message, idempotency_key=idempotency_key
        )
    )


async def share_by_email(
    practice: Practice,
    invoice_id: UUID,
    contact_ids: Sequence[UUID],
    *,
    message: str | None = None,
    comments: CommentChoice = "all",
    finalise_drafts: bool = False,
) -> Answer:
    """E-mail an invoice to contacts, with its PDF."""
    wanted = EmailShareRequest(
        contact_ids=list(contact_ids), message=message, comments=comments, finalise_drafts=finalise_drafts
    )
    path = f"/v1/invoices/{invoice_id}/email-shares"
    return await until_known(lambda: practice.api.send("POST", "sharing", path, wanted))


async def share_by_link(
    practice: Practice, invoice_id: UUID, contact_id: UUID, channel: Channel, *, on_payment_page: bool = False
) -> Answer:
    """Give a contact a link, copied (`link`) or by `text`."""
    wanted = {"contact_id": str(contact_id), "channel": channel, "on_payment_page": on_payment_page}
    path = f"/v1/invoices/{invoice_id}/link-shares"
    return await until_known(lambda: practice.api.send("POST", "sharing", path, json_body=wanted))


async def revoke_shares(
    practice: Practice,
    invoice_id: UUID,
    *,
    channels: Sequence[Channel] | None = None,
    contact_ids: Sequence[UUID] | None = None,
    idempotency_key: UUID | None = None,
) -> Answer:
    """End shares: by these channels or all, of these contacts or everyone."""
    wanted = {
        "channels": None if channels is None else list(channels),
        "contact_ids": None if contact_ids is None else [str(contact_id) for contact_id in contact_ids],
    }
    path = f"/v1/invoices/{invoice_id}/shares/revoke"
    return await practice.api.send("POST", "sharing", path, json_body=wanted, idempotency_key=idempotency_key)


async def resend_shares(practice: Practice, invoice_id: UUID, channel: Channel, contact_ids: Sequence[UUID]) -> Answer:
    """Tell contacts again of what they have by one channel."""
    wanted = {"channel": channel, "contact_ids": [str(contact_id) for contact_id in contact_ids]}
    path = f"/v1/invoices/{invoice_id}/shares/resend"
    return await until_known(lambda: practice.api.send("POST", "sharing", path, json_body=wanted))


async def shares_of(practice: Practice, invoice_id: UUID) -> list[dict[str, Any]]:
    """List an invoice's shares by any channel, newest first, ended ones too.

    Raises: WrongAnswerError.
    """
    answer = await practice.api.get("sharing", f"/v1/invoices/{invoice_id}/shares")
    return expect("list shares", 200, answer).body["items"]
