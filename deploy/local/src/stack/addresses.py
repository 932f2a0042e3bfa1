"""Where each part of one stack listens and what opens it; the file that tests are given.

The file holds passwords, so it is readable by its owner alone.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from chassis.grants import make_key_pair
from stack.folders import RunFolder
from stack.private_file import write_private_file

HOST = "127.0.0.1"
SUPERUSER = "postgres"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports by part (`postgres`, `kafka`, `mail`, `smtp`, `processor`, a service's name) and database passwords.

    `gate_secrets`: what services ask sharing's gate with, and the two keys of its grants.
    """

    run_folder: str
    ports: Mapping[str, int]
    passwords: Mapping[str, str]
    gate_secrets: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def kafka_bootstrap(self) -> str:
        return f"{HOST}:{self.ports['kafka']}"

    @property
    def mail_url(self) -> str:
        return f"http://{HOST}:{self.ports['mail']}"

    @property
    def admin_dsn(self) -> str:
        return self._dsn(SUPERUSER, "postgres")

    def url_of(self, service: str) -> str:
        return f"http://{HOST}:{self.ports[service]}"

    def dsn_of(self, service: str) -> str | None:
        """Return the service's own database, or None where it has none."""
        return self._dsn(service, service) if service in self.passwords else None

    def _dsn(self, role: str, database: str) -> str:
        port = self.ports["postgres"]
        return f"postgresql://{role}:{self.passwords[role]}@{HOST}:{port}/{database}"


def make_passwords(owners: tuple[str, ...]) -> dict[str, str]:
    """Return a fresh password for the superuser and for each database's owner."""
    return {role: secrets.token_urlsafe(24) for role in (SUPERUSER, *owners)}


def make_gate_secrets() -> dict[str, str]:
    """Return a fresh service token and a fresh pair of grant keys, each by the name of its setting."""
    private_key, public_key = make_key_pair()
    return {
        "HANDBILL_SERVICE_TOKEN": secrets.token_urlsafe(32),
        "HANDBILL_GRANT_PRIVATE_KEY": private_key,
        "HANDBILL_GRANT_PUBLIC_KEY": public_key,
    }


def write_addresses(path: Path, addresses: Addresses, services: tuple[str, ...]) -> None:
    """Write the file that `chassis.testing` reads; `own` is what a later start reads back."""
    document = {
        "postgres": {
            "host": HOST,
            "port": addresses.ports["postgres"],
            "superuser": SUPERUSER,
            "password": addresses.passwords[SUPERUSER],
            "admin_dsn": addresses.admin_dsn,
        },
        "kafka": {"bootstrap": addresses.kafka_bootstrap},
        "services": {name: _service(name, addresses) for name in services},
        "mail": {"smtp_port": addresses.ports["smtp"], "api_url": addresses.mail_url},
        "processor": {"url": addresses.url_of("processor")},
        "control": str(RunFolder(Path(addresses.run_folder)).control_socket),
        "own": asdict(addresses),
    }
    write_private_file(path, json.dumps(document, indent=2))


def read_addresses(path: Path) -> Addresses | None:
    """Return what an earlier start of the same run wrote, or None."""
    if not path.exists():
        return None
    own = cast("dict[str, dict[str, int] | dict[str, str] | str]", json.loads(path.read_text())["own"])
    return Addresses(
        run_folder=cast("str", own["run_folder"]),
        ports=cast("dict[str, int]", own["ports"]),
        passwords=cast("dict[str, str]", own["passwords"]),
        gate_secrets=cast("dict[str, str]", own.get("gate_secrets", {})),
    )


def _service(name: str, addresses: Addresses) -> dict[str, str]:
    dsn = addresses.dsn_of(name)
    return {"url": addresses.url_of(name), **({} if dsn is None else {"dsn": dsn})}
