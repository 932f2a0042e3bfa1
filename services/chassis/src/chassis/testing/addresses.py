"""Where the stack under test is: JSON files that `./handbill test` writes and names in the environment.

HANDBILL_TEST_STACK is the whole, with every service. HANDBILL_TEST_INFRASTRUCTURE is a broker and a database apart from
it, which no fault test takes away; where there is none, the whole stack's own serve.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Address:
    """A service: its HTTP base address and its database."""

    url: str
    dsn: str


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything a test may reach. `control` is the supervisor's socket: stop, start and kill processes by name."""

    postgres_admin_dsn: str
    kafka_bootstrap: str
    services: dict[str, Address]
    mail_api_url: str
    mail_smtp_port: int
    control: str

    def postgres_dsn(self, database: str) -> str:
        """Address of a database, as the superuser."""
        return self.postgres_admin_dsn.rsplit("/", 1)[0] + f"/{database}"


def read_stack() -> Stack:
    """Read the addresses of the whole stack.

    Raises: pytest.UsageError where there are none: such a test cannot run, and is not skipped.
    """
    return _read(os.environ.get("HANDBILL_TEST_STACK"))


def read_infrastructure() -> Stack:
    """Read the addresses of a broker and a database that serve one service's tests.

    Raises: pytest.UsageError where there are none.
    """
    return _read(os.environ.get("HANDBILL_TEST_INFRASTRUCTURE") or os.environ.get("HANDBILL_TEST_STACK"))


def _read(path: str | None) -> Stack:
    if not path:
        raise pytest.UsageError("this test needs the stack: run it by `./handbill test <path>`")
    written = json.loads(Path(path).read_text())
    return Stack(
        postgres_admin_dsn=written["postgres"]["admin_dsn"],
        kafka_bootstrap=written["kafka"]["bootstrap"],
        services={
            name: Address(entry["url"], entry.get("dsn", "")) for name, entry in written.get("services", {}).items()
        },
        mail_api_url=written.get("mail", {}).get("api_url", ""),
        mail_smtp_port=written.get("mail", {}).get("smtp_port", 0),
        control=written.get("control", ""),
    )
