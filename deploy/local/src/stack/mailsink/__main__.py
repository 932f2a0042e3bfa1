"""`python -m stack.mailsink FOLDER SMTP_PORT HTTP_PORT`: runs until SIGTERM."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from aiosmtpd.controller import UnthreadedController
from granian.constants import Interfaces
from granian.server.embed import Server

from stack.addresses import HOST
from stack.mailsink.api import build_api
from stack.mailsink.intake import Intake
from stack.mailsink.store import MailStore


async def run(folder: Path, smtp_port: int, http_port: int) -> None:
    """Serve both sides until asked to end."""
    store = MailStore(folder)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    smtp = UnthreadedController(Intake(store), hostname=HOST, port=smtp_port, loop=loop)
    smtp_server = await loop.create_server(smtp.factory, HOST, smtp_port)
    http = Server(build_api(store), address=HOST, port=http_port, interface=Interfaces.ASGI)
    serving = asyncio.create_task(http.serve())
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait([serving, ending], return_when=asyncio.FIRST_COMPLETED)
    http.stop()
    smtp_server.close()
    await serving


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="stack.mailsink")
    parser.add_argument("folder", type=Path)
    parser.add_argument("smtp_port", type=int)
    parser.add_argument("http_port", type=int)
    arguments = parser.parse_args()
    # It would log each line of each conversation.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    asyncio.run(run(arguments.folder, arguments.smtp_port, arguments.http_port))


if __name__ == "__main__":
    main()
