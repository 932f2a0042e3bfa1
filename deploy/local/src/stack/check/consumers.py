"""Who reads what: each consumer group with its topics and routes, as the services define them."""

from functools import cache

from chassis.intake.route import Consumer
from contracts.topics import Owner


@cache
def consumers_of_services() -> dict[Owner, tuple[Consumer, ...]]:
    """List the consumers of each service."""
    # Here, so that commands which check nothing do not wait for four services to be loaded.
    import invoices.handlers  # noqa: PLC0415 - as said above
    import notify.handlers  # noqa: PLC0415 - as said above
    import payments.handlers  # noqa: PLC0415 - as said above
    import sharing.handlers  # noqa: PLC0415 - as said above

    return {
        "invoices": (invoices.handlers.FACTS, invoices.handlers.COMMANDS),
        "sharing": (sharing.handlers.FACTS, sharing.handlers.COMMANDS),
        "notify": (notify.handlers.FACTS, notify.handlers.COMMANDS),
        "payments": (payments.handlers.FACTS, payments.handlers.COMMANDS),
    }
