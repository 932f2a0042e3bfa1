"""From a claimed delivery to the content that every attempt sends, and from there to the mail's bytes."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

from chassis.ids import derived_id
from notify.domain.delivery import Claimed, Content, Delivery, pdf_keys
from notify.domain.message import Attached, build_message
from notify.gateways.mail_templates import MailTemplates, RenderError
from notify.gateways.wording import words_of


class Renderer:
    """Renders mails from the platform's address. Its domain makes the Message-IDs, each from its delivery's id."""

    def __init__(self, templates: MailTemplates, sender_address: str, portal_url: str) -> None:
        self._templates = templates
        self._sender_address = sender_address
        self._portal_url = portal_url

    def render(self, claimed: Claimed, at: datetime) -> Content:
        """Render in the firm's name, telling of all its items; `at` is the mail's date.

        Raises: RenderError.
        """
        delivery, items, firm = claimed.delivery, claimed.items, claimed.firm
        with _render_errors():
            words = words_of(delivery, claimed.told_items, firm, self._portal_url)
        rendered = self._templates.render(delivery.template, words)
        domain = self._sender_address.rpartition("@")[2]
        return Content(
            message_id=f"<{derived_id(delivery.delivery_id, 'message-id')}@{domain}>",
            sender_name=firm.name,
            sender_address=self._sender_address,
            reply_to=firm.reply_to,
            subject=rendered.subject,
            html=rendered.html,
            plain=rendered.plain,
            rendered_at=at.replace(microsecond=0),
            share_ids=tuple(item.share_id for item in items),
            attachments=tuple(claimed.pdfs[key] for key in pdf_keys(delivery.firm_id, items)),
        )


def write_mail(content: Content, delivery: Delivery, recipient_email: str, attached: Sequence[Attached]) -> bytes:
    """Write what was rendered as a mail to the delivery's recipient, with files beside it.

    Raises: RenderError.
    """
    with _render_errors():
        return build_message(
            content,
            delivery_id=delivery.delivery_id,
            recipient_name=delivery.recipient_name,
            recipient_email=recipient_email,
            attached=attached,
        )


@contextmanager
def _render_errors() -> Generator[None]:
    """Blame the delivery alone for what libraries make of its strange locale, currency or address."""
    try:
        yield
    except (ValueError, LookupError) as error:
        raise RenderError(f"{type(error).__name__}: {error}") from error
