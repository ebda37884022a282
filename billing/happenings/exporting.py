"""
Spans told to OpenTelemetry, by OTLP over HTTP. Imported only where the settings ask for it.

The ids are the engine's own, which its log and its messages bear; the SDK is told of spans once
they have ended. It is set by the variables that it documents: OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_BSP_SCHEDULE_DELAY and so on.
"""

import threading

from celery.signals import worker_process_shutdown
from django.conf import settings
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace.status import StatusCode

from billing.happenings.faults import clean
from billing.happenings.spans import Span
from billing.happenings.traces import Trace

FLUSH_MILLISECONDS = 5_000
_KINDS = {kind.name.lower(): kind for kind in otel.SpanKind}


class _Ids(threading.local, IdGenerator):
    """Gives the span that its thread tells of next the ids that it has already."""

    next = Trace("0" * 32, "0" * 16)

    def generate_trace_id(self) -> int:
        return int(self.next.trace_id, 16)

    def generate_span_id(self) -> int:
        return int(self.next.span_id, 16)


class Otlp:
    """Tells spans to the collector that the environment names; in batches, from a thread."""

    def __init__(self) -> None:
        """Nothing is sent yet. What is left is sent when the process ends."""
        resource = Resource.create(
            {f"service.{name}": value for name, value in settings.SERVICE.items() if value}
        )
        self._ids = _Ids()
        self._provider = TracerProvider(resource=resource, id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("anlass", settings.SERVICE["version"])
        # A worker's child ends without the interpreter's own farewell.
        worker_process_shutdown.connect(self._flush, weak=False)

    def __call__(self, span: Span) -> None:
        """Tell of a span that has ended."""
        self._ids.next = span.trace
        told = self._tracer.start_span(
            span.name,
            context=_parent(span.parent),
            kind=_KINDS[span.kind],
            attributes=span.fields,
            start_time=span.started,
        )
        if span.error is not None:
            name = type(span.error).__name__
            told.set_attribute("error.type", name)
            told.set_status(StatusCode.ERROR, clean(f"{name}: {span.error}"))
        told.end(span.ended)

    def _flush(self, **_: object) -> None:
        self._provider.force_flush(FLUSH_MILLISECONDS)


def _parent(trace: Trace) -> Context:
    if not trace.span_id:
        return Context()
    flags = otel.TraceFlags.SAMPLED if trace.is_sampled else otel.TraceFlags.DEFAULT
    named = otel.SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=True,
        trace_flags=otel.TraceFlags(flags),
    )
    return otel.set_span_in_context(otel.NonRecordingSpan(named), Context())
