"""W3C trace context: one trace from the first request through outbox, topics and every handler."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_provider = TracerProvider(shutdown_on_exit=False)
_tracer = _provider.get_tracer("handbill")


def current_traceparent() -> str | None:
    """Give the `traceparent` header of the span we are in, to be kept with what it causes; None outside any span."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(name: str, traceparent: str | None = None) -> Generator[str]:
    """Run a block as one span, continuing `traceparent` where it is given and valid. Yields the trace id in hex."""
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(name, context=context) as current:
        yield trace.format_trace_id(current.get_span_context().trace_id)
