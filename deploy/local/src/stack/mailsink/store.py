"""The kept mails: one `.eml` file each, named so that their order is the order of arrival."""

import email
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as modern_policy
from pathlib import Path
from uuid import UUID

from chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail as it arrived; `recipients` are the envelope's, not the header's."""

    mail_id: str
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    message: EmailMessage
    size_bytes: int


class MailStore:
    """The mails in memory, newest last, each also in the folder before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._mails: dict[str, KeptMail] = {}
        for file in sorted(folder.glob("*.eml")):
            self._remember(file.stem, file.read_bytes())

    def keep(self, sender: str, recipients: Sequence[str], content: bytes) -> KeptMail:
        """Write the mail with its envelope in front, as a delivering server would."""
        mail_id = str(new_id())
        envelope = f"Return-Path: <{sender}>\r\n" + "".join(
            f"X-Envelope-To: <{recipient}>\r\n" for recipient in recipients
        )
        whole = envelope.encode() + content
        unfinished = self._folder / f".{mail_id}"
        unfinished.write_bytes(whole)
        unfinished.rename(self._file_of(mail_id))
        return self._remember(mail_id, whole)

    def newest_first(self) -> list[KeptMail]:
        return list(reversed(self._mails.values()))

    def get(self, mail_id: str) -> KeptMail | None:
        return self._mails.get(mail_id)

    def raw(self, mail_id: str) -> bytes:
        return self._file_of(mail_id).read_bytes()

    def delete_all(self) -> None:
        for mail_id in self._mails:
            self._file_of(mail_id).unlink(missing_ok=True)
        self._mails.clear()

    def _remember(self, mail_id: str, whole: bytes) -> KeptMail:
        message = email.message_from_bytes(whole, policy=modern_policy)
        mail = KeptMail(
            mail_id=mail_id,
            sender=str(message["Return-Path"]).strip("<>"),
            recipients=tuple(str(to).strip("<>") for to in message.get_all("X-Envelope-To", [])),
            received_at=_time_of(mail_id),
            message=message,
            size_bytes=len(whole),
        )
        self._mails[mail_id] = mail
        return mail

    def _file_of(self, mail_id: str) -> Path:
        return self._folder / f"{mail_id}.eml"


def _time_of(mail_id: str) -> datetime:
    # The first 48 bits of a time-ordered id are milliseconds.
    return datetime.fromtimestamp((UUID(mail_id).int >> 80) / 1000, UTC)
