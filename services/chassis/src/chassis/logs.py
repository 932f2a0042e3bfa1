"""Logs: one JSON object a line on standard output, with the trace and correlation it belongs to. No personal data."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from opentelemetry import trace

QUIET = ("aiokafka", "faststream", "asyncio", "granian", "_granian", "httpx")


def configure_logs(service: str, level: str) -> None:
    """Set up structlog and the standard library's loggers. Once per process, at its start."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stdout, format="%(message)s", force=True)
    handler = logging.getLogger().handlers[0]
    handler.setFormatter(_JsonFormatter(service))
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.addFilter(_OncePerBurst())


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event


class _JsonFormatter(logging.Formatter):
    """Standard library records in the same shape."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._render = structlog.processors.JSONRenderer()

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "service": self._service,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return str(self._render(None, "", event))


class _OncePerBurst(logging.Filter):
    """One line in a hundred of the same: a client library repeats itself for as long as an outage lasts."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        count = self._seen.get(record.msg, 0)
        self._seen[record.msg] = count + 1
        return count % 100 == 0
