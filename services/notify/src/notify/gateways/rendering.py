"""From a claimed delivery to the content that every attempt sends."""

from collections.abc import Sequence
from datetime import datetime

from chassis.ids import derived_id
from notify.domain.delivery import Content, Delivery, Item
from notify.domain.replicas import Firm
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.wording import words_of


class Renderer:
    """Renders mails from the platform's address. Its domain makes the Message-IDs, each from its delivery's id."""

    def __init__(self, templates: MailTemplates, sender_address: str, portal_url: str) -> None:
        self._templates = templates
        self._sender_address = sender_address
        self._portal_url = portal_url

    def render(self, delivery: Delivery, items: Sequence[Item], firm: Firm, at: datetime) -> Content:
        """Render in the firm's name; `at` is the mail's date.

        Raises: RenderError.
        """
        rendered = self._templates.render(delivery.template, words_of(delivery, items, firm, self._portal_url))
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
        )
