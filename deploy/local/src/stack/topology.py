"""Which processes a stack has, and what each service is told by its environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from stack.addresses import HOST, Addresses
from stack.folders import RunFolder
from stack.process import RUN_VARIABLE, ProcessSpec

PARTITIONS = 3
REPLICATION = 1


@dataclass(frozen=True, slots=True)
class Service:
    """A process of ours; one that owns data has a database of the same name."""

    name: str
    role: str
    preferred_port: int
    owns_database: bool


SERVICES = (
    Service("invoices", "all", 18081, owns_database=True),
    Service("sharing", "all", 18082, owns_database=True),
    Service("notify", "all", 18083, owns_database=True),
    Service("payments", "all", 18084, owns_database=True),
    Service("web", "api", 18080, owns_database=False),
)
SERVICE_NAMES = tuple(service.name for service in SERVICES)
DATABASE_OWNERS = tuple(service.name for service in SERVICES if service.owns_database)

_BLOB_USERS = {"invoices", "notify"}

_PREFERRED_PORTS = {
    **{service.name: service.preferred_port for service in SERVICES},
    "mail": 18085,
    "smtp": 18086,
    "postgres": 18087,
    "kafka": 18088,
    "kafka-controller": 18089,
    "processor": 18090,
}


def preferred_ports(*, is_fixed: bool) -> Mapping[str, int | None]:
    """Return the parts that listen, with the ports people know them by where that is wanted."""
    return {part: port if is_fixed else None for part, port in _PREFERRED_PORTS.items()}


def plain_environment(run: RunFolder) -> dict[str, str]:
    """Return our own environment less any setting of Handbill's, and the mark of this run."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HANDBILL_")}
    return {**inherited, "PYTHONUNBUFFERED": "1", RUN_VARIABLE: str(run.path)}


def service_spec(service: Service, run: RunFolder, addresses: Addresses) -> ProcessSpec:
    """Describe the process that plays all roles of a service."""
    return ProcessSpec(
        name=service.name,
        role=service.role,
        command=(sys.executable, "-m", service.name, "start", service.role),
        environment=service_environment(service.name, run, addresses),
        port=addresses.ports[service.name],
    )


def mail_spec(run: RunFolder, addresses: Addresses) -> ProcessSpec:
    """Describe the mail sink."""
    return ProcessSpec(
        name="mail",
        role="mail",
        command=(
            sys.executable,
            "-m",
            "stack.mailsink",
            str(run.mail),
            str(addresses.ports["smtp"]),
            str(addresses.ports["mail"]),
        ),
        environment=plain_environment(run),
        port=addresses.ports["mail"],
    )


def processor_spec(run: RunFolder, addresses: Addresses) -> ProcessSpec:
    """Describe the sandbox card processor."""
    port = addresses.ports["processor"]
    return ProcessSpec(
        name="processor",
        role="processor",
        command=(sys.executable, "-m", "stack.processor", str(run.processor_journal), str(port)),
        environment=plain_environment(run),
        port=port,
    )


def service_environment(name: str, run: RunFolder, addresses: Addresses) -> dict[str, str]:
    """Return the whole environment of a service's process, whatever command it runs."""
    settings = {
        **_kafka_settings(addresses),
        "HANDBILL_HTTP_HOST": HOST,
        "HANDBILL_HTTP_PORT": str(addresses.ports[name]),
        "HANDBILL_LOG_LEVEL": "info",
        **_settings_of(name, addresses),
        **_blob_settings(name, run),
    }
    dsn = addresses.dsn_of(name)
    if dsn is not None:
        settings["HANDBILL_DATABASE_DSN"] = dsn
    return {**plain_environment(run), **settings}


def _kafka_settings(addresses: Addresses) -> dict[str, str]:
    return {
        "HANDBILL_KAFKA_BOOTSTRAP": addresses.kafka_bootstrap,
        "HANDBILL_KAFKA_PARTITIONS": str(PARTITIONS),
        "HANDBILL_KAFKA_REPLICATION": str(REPLICATION),
    }


def _blob_settings(name: str, run: RunFolder) -> dict[str, str]:
    """Return where PDFs are kept, to those who put and read them: one store for both."""
    return {"HANDBILL_BLOB_URL": run.blobs.as_uri()} if name in _BLOB_USERS else {}


def _settings_of(name: str, addresses: Addresses) -> dict[str, str]:
    # Leases are short, so that what was under way when a process was killed is not long in coming.
    match name:
        case "invoices":
            return {"HANDBILL_RENDERER_LEASE_SECONDS": "15"}
        case "notify":
            return {
                "HANDBILL_SMTP_HOST": HOST,
                "HANDBILL_SMTP_PORT": str(addresses.ports["smtp"]),
                "HANDBILL_SMTP_SECURITY": "none",
                "HANDBILL_PORTAL_URL": addresses.url_of("web"),
                "HANDBILL_QUIET_WINDOW_SECONDS": "2",
                "HANDBILL_SENDER_LEASE_SECONDS": "15",
                "HANDBILL_SHARING_URL": addresses.url_of("sharing"),
                **_gate_secrets(addresses, "HANDBILL_SERVICE_TOKEN"),
            }
        case "sharing":
            return _gate_secrets(addresses, "HANDBILL_SERVICE_TOKEN", "HANDBILL_GRANT_PRIVATE_KEY")
        case "payments":
            return {
                "HANDBILL_PROCESSOR_URL": addresses.url_of("processor"),
                "HANDBILL_PROCESSOR_TIMEOUT_SECONDS": "3",
                "HANDBILL_CHARGER_LEASE_SECONDS": "15",
                "HANDBILL_SHARING_URL": addresses.url_of("sharing"),
                **_gate_secrets(addresses, "HANDBILL_SERVICE_TOKEN", "HANDBILL_GRANT_PUBLIC_KEY"),
            }
        case "web":
            return {f"HANDBILL_{owner.upper()}_URL": addresses.url_of(owner) for owner in DATABASE_OWNERS}
        case _:
            return {}


def _gate_secrets(addresses: Addresses, *names: str) -> dict[str, str]:
    return {name: addresses.gate_secrets[name] for name in names}
