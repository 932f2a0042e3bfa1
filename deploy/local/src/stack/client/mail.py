"""Reading the mail sink as a receiver would. The sink answers like Mailpit's API, so Mailpit does too."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it was received."""

    raw: bytes
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def part(self, subtype: str) -> str:
        """Text of the first body part: `plain` or `html`."""
        body = self.message.get_body((subtype,))
        return "" if body is None else str(body.get_content())


async def mails_to(http: httpx.AsyncClient, mail_url: str, address: str) -> list[Mail]:
    """Every mail to an address, oldest first."""
    found = await http.get(f"{mail_url}/api/v1/search", params={"query": f"to:{address}", "limit": 1000})
    found.raise_for_status()
    mails: list[Mail] = []
    for summary in reversed(found.json()["messages"]):
        raw = (await http.get(f"{mail_url}/api/v1/message/{summary['ID']}/raw")).content
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        mails.append(Mail(raw, message))
    return mails
