"""Contacts with a mailbox that nobody else uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import httpx

from chassis.ids import new_id
from chassis.testing.eventually import eventually
from contracts.fields import ContactRole
from stack.client.mail import Mail, mails_to
from stack.client.practice import Practice


@dataclass(frozen=True, slots=True)
class Person:
    """A contact and where their mail goes."""

    contact_id: UUID
    email: str


async def meet(
    practice: Practice, name: str, matter_id: UUID | None = None, roles: Sequence[ContactRole] = ("client",)
) -> Person:
    """Add a contact, on a matter where one is given.

    Raises: WrongAnswerError.
    """
    email = f"{name.lower()}-{new_id().hex[-12:]}@example.test"
    on_matter = roles if matter_id else ()
    return Person(await practice.contact(name, email, matter_id=matter_id, roles=on_matter), email)


@dataclass(frozen=True, slots=True)
class PostOffice:
    """The mail sink as the people who get mail see it."""

    http: httpx.AsyncClient
    mail_url: str

    async def arrived(self, person: Person, count: int, *, timeout_seconds: float = 30.0) -> list[Mail]:
        """Wait until a person has so many mails, and return them, oldest first.

        Raises: AssertionError where fewer have come, or more.
        """

        async def enough() -> list[Mail]:
            mails = await self.mails(person)
            return mails if len(mails) >= count else []

        mails = await eventually(enough, timeout_seconds=timeout_seconds)
        assert len(mails) == count, [mail.subject for mail in mails]
        return mails

    async def mails(self, person: Person) -> list[Mail]:
        """Read all of a person's mail, oldest first."""
        return await mails_to(self.http, self.mail_url, person.email)


def attachments_of(mail: Mail) -> list[bytes]:
    """Return the content of each file that came with a mail."""
    return [bytes(part.get_content()) for part in mail.message.iter_attachments()]
