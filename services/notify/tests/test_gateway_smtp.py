"""The SMTP gateway against a real server: what was taken, refused, put off, and what nobody can know."""

import asyncio
from dataclasses import replace

import pytest
from aiosmtpd.smtp import AuthResult

from chassis.testing.smtp_server import Behaviour, SmtpServer, smtp_server
from notify.gateways.mailer import Mailer
from notify.gateways.smtp_connection import SmtpConnection
from notify.gateways.smtp_connection import SmtpServer as ServerAddress

MESSAGE = b"Subject: test\r\n\r\nA line.\r\n.A line that starts with a dot.\r\n.\r\nThe end.\r\n"


async def send(connection: SmtpConnection | Mailer) -> tuple[str, int | None]:
    attempted = await connection.send("no-reply@handbill.test", "ada@example.test", MESSAGE)
    return attempted.outcome, attempted.code


@pytest.mark.proves("N5", "N8")
@pytest.mark.parametrize(
    ("behaviour", "outcome", "code", "is_taken"),
    [
        ("accept", "accepted", 250, True),
        ("defer", "temporary", 450, False),
        ("refuse", "permanent", 554, False),
        ("refuse_sender", "temporary", 550, False),
        ("refuse_recipient", "permanent", 550, False),
        ("hang_up_before_message", "temporary", None, False),
        ("hang_up_after_message", "unknown", None, True),
        ("silent", "unknown", None, True),
    ],
)
async def test_what_the_server_does_decides_the_outcome(
    server: SmtpServer,
    server_address: ServerAddress,
    behaviour: Behaviour,
    outcome: str,
    code: int | None,
    is_taken: bool,
) -> None:
    server.script = [behaviour]
    connection = SmtpConnection(server_address)

    assert await send(connection) == (outcome, code)

    assert len(server.mails) == is_taken
    connection.drop()


async def test_a_message_arrives_byte_for_byte_at_its_one_recipient(
    server: SmtpServer, server_address: ServerAddress
) -> None:
    connection = SmtpConnection(server_address)
    await send(connection)
    (mail,) = server.mails
    assert mail.content == MESSAGE
    assert mail.sender == "no-reply@handbill.test"
    assert mail.recipients == ("ada@example.test",)
    await connection.close()


async def test_a_connection_is_used_again_and_renewed_after_a_hundred_mails_or_a_fault(
    server: SmtpServer, server_address: ServerAddress
) -> None:
    connection = SmtpConnection(server_address)
    for _ in range(100):
        await send(connection)
    assert server.connections == 1
    await send(connection)
    assert server.connections == 2
    server.script = ["refuse"]
    await send(connection)
    assert server.connections == 2
    await send(connection)
    assert server.connections == 3
    await connection.close()


async def test_a_server_that_left_meanwhile_is_called_again_without_losing_an_attempt(
    server: SmtpServer, server_address: ServerAddress
) -> None:
    connection = SmtpConnection(server_address)
    await send(connection)
    server.hang_up_all()
    assert await send(connection) == ("accepted", 250)
    assert server.connections == 2
    await connection.close()


async def test_a_server_that_is_not_there_puts_off(server_address: ServerAddress) -> None:
    assert await send(SmtpConnection(replace(server_address, port=1))) == ("temporary", None)


@pytest.mark.proves("N8")
async def test_nothing_is_sent_in_the_clear_where_starttls_is_demanded(
    server: SmtpServer, server_address: ServerAddress
) -> None:
    connection = SmtpConnection(replace(server_address, security="starttls"))
    assert await send(connection) == ("temporary", None)
    assert server.mails == []


@pytest.mark.proves("N8")
@pytest.mark.parametrize(("password", "outcome", "code"), [("right", "accepted", 250), ("wrong", "temporary", 535)])
async def test_a_refused_log_in_is_our_fault_and_not_the_messages(
    server_address: ServerAddress, password: str, outcome: str, code: int
) -> None:
    def check(_: object, __: object, ___: object, ____: object, data: object) -> AuthResult:
        return AuthResult(success=getattr(data, "password", b"") == b"right", handled=False)

    async with smtp_server(authenticator=check, auth_require_tls=False) as strict:
        address = replace(server_address, port=strict.port, username="handbill", password=password)
        connection = SmtpConnection(address)
        assert await send(connection) == (outcome, code)
        await connection.close()


async def test_messages_on_their_way_at_once_have_a_connection_each(
    server: SmtpServer, server_address: ServerAddress
) -> None:
    server.script = ["silent"] * 3
    mailer = Mailer(replace(server_address, final_timeout_seconds=30))
    sending = [asyncio.create_task(send(mailer)) for _ in range(3)]
    await server.has_taken(3)
    server.released.set()
    assert [outcome for outcome, _ in await asyncio.gather(*sending)] == ["accepted"] * 3
    assert server.connections == 3
    await send(mailer)
    assert server.connections == 3
    await mailer.close()
