"""Logs of tests as plain text: the default traceback with all its local values takes seconds for a large batch."""

import structlog


def pytest_configure() -> None:
    """Have structlog write plain tracebacks."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
