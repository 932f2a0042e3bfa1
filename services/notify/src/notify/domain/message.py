"""The mail itself: headers and both parts, as bytes. The same content makes the same bytes."""

import re
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from notify.domain.delivery import Content

_QUOTABLE = re.compile(r"[ -~]+")


def build_message(content: Content, *, delivery_id: UUID, recipient_name: str, recipient_email: str) -> bytes:
    """Write a mail to one recipient, with CRLF line ends."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = content.subject
    message["Date"] = content.rendered_at
    message["Message-ID"] = content.message_id
    message["Auto-Submitted"] = "auto-generated"
    # Keeps mail programs from folding several notices into one conversation.
    message["X-Entity-Ref-ID"] = str(delivery_id)
    message.set_content(content.plain, cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{delivery_id.hex}")
    addresses = (
        _address("From", content.sender_name, content.sender_address),
        _address("To", recipient_name, recipient_email),
        _address("Reply-To", content.sender_name, content.reply_to),
    )
    return b"".join(addresses) + message.as_bytes()


def _address(header: str, name: str, email: str) -> bytes:
    """Write an address header by hand: EmailMessage loses the quotes of a long name, and its commas then part it."""
    if _QUOTABLE.fullmatch(name) and '"' not in name and "\\" not in name and "=?" not in name:
        return f'{header}: "{name}" <{email}>\r\n'.encode("ascii")
    words = Header(name, "utf-8", header_name=header).encode(linesep="\r\n")
    return f"{header}: {words}\r\n <{email}>\r\n".encode("ascii")
