"""Wiring of the notify service: the only file that knows everything."""

from chassis.blobs import open_blobs
from chassis.service import Service
from chassis.settings import load_settings
from notify.api import ROUTES
from notify.domain.attempt import RetryPolicy
from notify.gateways.attachments import Attachments
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.mailer import Mailer
from notify.gateways.rendering import Renderer
from notify.gateways.sharing_gate import SharingGate
from notify.gateways.smtp_connection import SmtpServer
from notify.handlers import COMMANDS, FACTS
from notify.jobs import SenderLimits, planner_job, sender_job
from notify.settings import Settings
from notify.usecases.send_delivery import Desk


def build() -> Service:
    """Put the service together from the settings in the environment."""
    settings = load_settings(Settings)
    limits = SenderLimits(settings.sender_concurrency, settings.sender_lease_seconds)
    return Service(
        name="notify",
        settings=settings,
        routes=ROUTES,
        consumers=[FACTS, COMMANDS],
        jobs=[planner_job(settings.quiet_window_seconds), sender_job(lambda: build_desk(settings), limits)],
    )


def build_desk(settings: Settings) -> Desk:
    """Make what a sender works with."""
    password = settings.smtp_password
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        connect_timeout_seconds=settings.smtp_connect_timeout_seconds,
        reply_timeout_seconds=settings.smtp_reply_timeout_seconds,
        final_timeout_seconds=settings.smtp_final_timeout_seconds,
    )
    return Desk(
        renderer=Renderer(MailTemplates(), settings.mail_from, settings.portal_url),
        attachments=Attachments(open_blobs(settings.blob_url)),
        gate=SharingGate(
            settings.sharing_url,
            settings.service_token.get_secret_value(),
            timeout_seconds=settings.gate_timeout_seconds,
        ),
        mailer=Mailer(server),
        policy=RetryPolicy(settings.retry_pauses_seconds, settings.unknown_pause_seconds),
        gate_pause_seconds=settings.gate_pause_seconds,
    )
