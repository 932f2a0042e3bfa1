"""Which channels put an invoice on the payment page."""

import pytest

from payments.domain.payable_share import lists_unless_said


@pytest.mark.proves("S11")
@pytest.mark.parametrize(("channel", "lists"), [("portal", True), ("email", True), ("link", False), ("text", False)])
def test_portal_and_email_list_on_the_payment_page_link_and_text_do_not(channel: str, lists: bool) -> None:
    assert lists_unless_said(channel) is lists
