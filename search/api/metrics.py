"""What goes on, as Prometheus reads it. No question and no article is ever part of it."""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from index.errors import TelusurError
from search.engine import Searcher

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

Endpoint = Callable[[Request], Awaitable[Response]]


class Metrics:
    """Counts requests by address and status, and how long they take."""

    def __init__(self, searcher: Searcher) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # memory, processor time, open files; on Linux
        self._registry.register(_Index(searcher))
        self._requests = Counter(
            "telusur_http_requests", "Requests answered.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "telusur_http_seconds", "How long an answer took.", ["path"], buckets=SECONDS, registry=self._registry
        )
        self._inside = Gauge("telusur_http_requests_in_progress", "Requests not yet answered.", registry=self._registry)

    def observed(self, path: str, endpoint: Endpoint, refusal: Callable[[Request, Exception], Response]) -> Endpoint:
        """The endpoint, counted and timed; what it raises is answered by `refusal` and counted as that."""

        async def counted(request: Request) -> Response:
            begun = time.perf_counter()
            with self._inside.track_inprogress():
                try:
                    response = await endpoint(request)
                except Exception as error:
                    response = refusal(request, error)
            self._seconds.labels(path).observe(time.perf_counter() - begun)
            self._requests.labels(path, response.status_code).inc()
            return response

        return counted

    def text(self) -> tuple[bytes, str]:
        """All figures in Prometheus' text format, and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4


class _Index(Collector):
    """Figures of the index as it is when they are asked for; none while it cannot be read."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def describe(self) -> list[Metric]:
        """Nothing: registering must not look into the index."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Size and generation of the index, and how many questions a batch of the encoder held."""
        with suppress(TelusurError, sqlite3.Error):
            with self._searcher.state() as opened:
                passages = opened.vectors.held
            encoder = self._searcher.encoder
            yield GaugeMetricFamily("telusur_index_generation", "Updates of the index so far.", opened.generation)
            yield GaugeMetricFamily("telusur_index_vectors", "Passages in the index's segments.", passages)
            yield CounterMetricFamily("telusur_encoded_questions", "Questions encoded.", encoder.questions)
            yield CounterMetricFamily("telusur_encoder_batches", "Batches they were encoded in.", encoder.batches)
