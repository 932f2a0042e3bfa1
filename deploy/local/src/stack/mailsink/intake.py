"""The SMTP side of the sink: takes or refuses each recipient, keeps the mail, then acknowledges it."""

import email
from collections import Counter
from email.policy import default as modern_policy

from aiosmtpd.smtp import SMTP, Envelope, Session

from stack.mailsink.store import MailStore

_DEFERRALS_PER_MAIL = 2


class Intake:
    """The hooks that aiosmtpd calls; their names are its own."""

    def __init__(self, store: MailStore) -> None:
        self._store = store
        self._deferrals: Counter[str] = Counter()

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("reject-550"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 recipient taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        content = envelope.original_content or b""
        if self._is_deferred(envelope.rcpt_tos, content):
            return "451 4.3.0 try again later"
        kept = self._store.keep(envelope.mail_from or "", envelope.rcpt_tos, content)
        return f"250 2.0.0 kept as {kept.mail_id}"

    def _is_deferred(self, recipients: list[str], content: bytes) -> bool:
        if not any(recipient.startswith("defer-451") for recipient in recipients):
            return False
        message_id = str(email.message_from_bytes(content, policy=modern_policy)["Message-ID"])
        self._deferrals[message_id] += 1
        return self._deferrals[message_id] <= _DEFERRALS_PER_MAIL
