"""Which channels put an invoice on the payment page."""

from uuid import UUID

import pytest

from payments.domain.payable_share import PayableShare, ShareState


@pytest.mark.proves("S11")
@pytest.mark.parametrize(("channel", "lists"), [("portal", True), ("email", True), ("link", False), ("text", False)])
def test_portal_and_email_list_on_the_payment_page_link_and_text_do_not(channel: str, lists: bool) -> None:
    ids = [UUID(int=number) for number in range(4)]
    share = PayableShare(
        firm_id=ids[0],
        share_id=ids[1],
        generation=1,
        invoice_id=ids[2],
        contact_id=ids[3],
        channel=channel,
        state=ShareState.ACTIVE,
    )
    assert share.lists_on_page is lists
