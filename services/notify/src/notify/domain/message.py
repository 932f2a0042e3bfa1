"""The mail itself: headers and both parts, with files beside them, as bytes. The same content makes the same bytes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from uuid import UUID

from notify.domain.delivery import Content

_QUOTABLE = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True)
class Attached:
    """A PDF beside a mail. `base64` is its content in lines that end in CRLF."""

    file_name: str
    base64: bytes


def build_message(
    content: Content,
    *,
    delivery_id: UUID,
    recipient_name: str,
    recipient_email: str,
    attached: Sequence[Attached] = (),
) -> bytes:
    """Write a mail to one recipient, with CRLF line ends."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = content.subject
    message["Date"] = content.rendered_at
    message["Message-ID"] = content.message_id
    message["Auto-Submitted"] = "auto-generated"
    # Keeps mail programs from folding several notices into one conversation.
    message["X-Entity-Ref-ID"] = str(delivery_id)
    addresses = (
        _address("From", content.sender_name, content.sender_address),
        _address("To", recipient_name, recipient_email),
        _address("Reply-To", content.sender_name, content.reply_to),
    )
    if attached:
        return b"".join(addresses) + _beside(message, content, delivery_id, attached)
    _set_forms(message, content, delivery_id)
    return b"".join(addresses) + message.as_bytes()


def _set_forms(part: MIMEPart, content: Content, delivery_id: UUID) -> None:
    part.set_content(content.plain, cte="quoted-printable")
    part.add_alternative(content.html, subtype="html", cte="quoted-printable")
    part.set_boundary(f"=_{delivery_id.hex}")


def _beside(message: EmailMessage, content: Content, delivery_id: UUID, attached: Sequence[Attached]) -> bytes:
    """Write the parts by hand: EmailMessage would go over every line of every file again for each recipient."""
    # The other boundary is no beginning of this one, so that no reader takes one for the other.
    boundary = f"=_files_{delivery_id.hex}"
    forms = MIMEPart(policy=SMTP)
    _set_forms(forms, content, delivery_id)
    head = message.as_bytes().rstrip(
        b"\r\n"
    ) + f'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    delimiter = f"--{boundary}\r\n".encode("ascii")
    parts = [delimiter, forms.as_bytes().rstrip(b"\r\n") + b"\r\n"]
    for file in attached:
        parts += (delimiter, _file_head(file.file_name), file.base64)
    return b"".join((head, *parts, f"--{boundary}--\r\n".encode("ascii")))


def _file_head(file_name: str) -> bytes:
    head = MIMEPart(policy=SMTP)
    head.set_content(b"", maintype="application", subtype="pdf", disposition="attachment", filename=file_name)
    return head.as_bytes().rstrip(b"\r\n") + b"\r\n\r\n"


def _address(header: str, name: str, email: str) -> bytes:
    """Write an address header by hand: EmailMessage loses the quotes of a long name, and its commas then part it."""
    if _QUOTABLE.fullmatch(name) and '"' not in name and "\\" not in name and "=?" not in name:
        return f'{header}: "{name}" <{email}>\r\n'.encode("ascii")
    words = Header(name, "utf-8", header_name=header).encode(linesep="\r\n")
    return f"{header}: {words}\r\n <{email}>\r\n".encode("ascii")
