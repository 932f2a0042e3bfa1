import smtplib
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from chassis.testing import eventually
from stack.http_probe import http_status
from stack.ports import choose_ports


@dataclass(frozen=True)
class Sink:
    smtp_port: int
    url: str
    folder: Path

    def send(self, to: str, message_id: str = "<1@firm.test>") -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as smtp:
            smtp.send_message(_mail(to, message_id))

    def found(self, query: str) -> list[dict[str, object]]:
        return httpx.get(f"{self.url}/api/v1/search", params={"query": query}).json()["messages"]


def _mail(to: str, message_id: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Firm <office@firm.test>", to, "Rechnung für März"
    mail["Message-ID"] = message_id
    mail.set_content("One invoice.")
    mail.add_alternative("<p>One invoice.</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    ports = choose_ports({"smtp": None, "mail": None}, taken=())
    command = [sys.executable, "-m", "stack.mailsink", str(tmp_path), str(ports["smtp"]), str(ports["mail"])]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: ASYNC220  it starts at once

        async def is_ready() -> bool:
            return await http_status(ports["mail"], "/readyz") == 200

        await eventually(is_ready)
        yield Sink(ports["smtp"], f"http://127.0.0.1:{ports['mail']}", tmp_path)
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_a_mail_is_kept_as_a_file_and_found_by_its_recipient(sink: Sink):
    sink.send("Anna <anna@client.test>")
    sink.send("bob@client.test", "<2@firm.test>")
    (found,) = sink.found("to:anna@client.test")
    assert found["MessageID"] == "1@firm.test"
    assert found["Subject"] == "Rechnung für März"
    assert found["Attachments"] == 1
    assert found["To"] == [{"Name": "Anna", "Address": "anna@client.test"}]
    raw = httpx.get(f"{sink.url}/api/v1/message/{found['ID']}/raw").content
    assert (sink.folder / f"{found['ID']}.eml").read_bytes() == raw


def test_mails_are_listed_newest_first_by_page(sink: Sink):
    for number in range(3):
        sink.send("anna@client.test", f"<{number}@firm.test>")
    page = httpx.get(f"{sink.url}/api/v1/messages", params={"limit": 2, "start": 1}).json()
    assert page["total"] == 3
    assert [each["MessageID"] for each in page["messages"]] == ["1@firm.test", "0@firm.test"]
    assert httpx.delete(f"{sink.url}/api/v1/messages").status_code == 200
    assert sink.found("Rechnung") == []


def test_a_browser_is_shown_a_mail_or_the_newest(sink: Sink):
    assert httpx.get(f"{sink.url}/view/latest.html").status_code == 404
    sink.send("anna@payer.test", "<1@firm.test>")
    (mail,) = sink.found("to:anna@payer.test")
    for name in ("latest", mail["ID"]):
        shown = httpx.get(f"{sink.url}/view/{name}.html")
        assert (shown.text.strip(), shown.headers["content-type"]) == (
            "<p>One invoice.</p>",
            "text/html; charset=utf-8",
        )


def test_a_mailbox_that_refuses_gets_no_mail(sink: Sink):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        sink.send("reject-550-anna@client.test")
    assert refused.value.recipients["reject-550-anna@client.test"][0] == 550
    assert sink.found("to:anna") == []


def test_a_deferred_mail_is_taken_at_its_third_attempt(sink: Sink):
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError) as deferred:
            sink.send("defer-451@client.test")
        assert deferred.value.smtp_code == 451
    sink.send("defer-451@client.test")
    assert len(sink.found("to:defer-451")) == 1
