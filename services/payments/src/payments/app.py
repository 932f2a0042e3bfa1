"""Wiring of the payments service: the only file that knows everything."""

from chassis.grants import read_public_key
from chassis.service import Service
from chassis.settings import load_settings
from payments.api import build_routes
from payments.gateways.processor import SandboxProcessor
from payments.gateways.sharing_gate import SharingGate
from payments.handlers import COMMANDS, FACTS
from payments.jobs.asked_payments import asked_payments_job
from payments.jobs.charger import ChargerLimits, Till, charger_job
from payments.settings import Settings
from payments.usecases.postpone_order import Patience


def build() -> Service:
    """Put the service together from the settings in the environment."""
    settings = load_settings(Settings)
    gate = build_gate(settings)
    return Service(
        name="payments",
        settings=settings,
        routes=build_routes(gate),
        consumers=[FACTS, COMMANDS],
        jobs=[charger_job(build_till(settings)), asked_payments_job(gate)],
    )


def build_gate(settings: Settings) -> SharingGate:
    """Make the way to sharing's gate."""
    return SharingGate(
        settings.sharing_url,
        settings.service_token.get_secret_value(),
        read_public_key(settings.grant_public_key),
        timeout_seconds=settings.gate_timeout_seconds,
    )


def build_till(settings: Settings) -> Till:
    """Make what a charger works with."""

    def open_processor() -> SandboxProcessor:
        return SandboxProcessor(
            settings.processor_url,
            connect_timeout_seconds=settings.processor_connect_timeout_seconds,
            timeout_seconds=settings.processor_timeout_seconds,
        )

    return Till(
        open_processor,
        Patience(settings.unknown_pauses_seconds, settings.unknown_overdue_seconds),
        ChargerLimits(
            settings.charger_concurrency, settings.charger_lease_seconds, settings.processor_key_lifetime_seconds
        ),
    )
