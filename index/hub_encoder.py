"""Any other model as an encoder, run by sentence-transformers."""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from index.batching import Progress, Span, Vectors, apart, batches, cut, device
from index.model_folder import fingerprint, prompts
from index.presets import Preset
from index.transformer import unit_rows


class SentenceTransformerEncoder:
    """Any other model, run by sentence-transformers."""

    def __init__(self, name: str, folder: Path, preset: Preset | None) -> None:
        """Load the model; raises whatever sentence-transformers raises when a file is damaged."""
        import torch

        with _quiet():
            from sentence_transformers import SentenceTransformer

            place, precision = device()
            # Weights in float32 whatever the file holds: float16 is slow on a CPU, and out of range for some models.
            self._model = SentenceTransformer(
                str(folder),
                device=place,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.float32, "use_safetensors": True},
            )
            self._model.eval()
        self._prompts = prompts(folder, preset)
        self._autocast = torch.autocast(place, dtype=torch.bfloat16, enabled=precision == torch.bfloat16)
        self._budget = 2048 if place == "cpu" else 32_768
        longest = self._model.max_seq_length
        self._max_tokens = int(longest) if longest and longest < sys.maxsize else None
        self.name = name
        self.dimension = len(self._model.encode("", show_progress_bar=False))
        self.fingerprint = fingerprint(folder, self._max_tokens, self._prompts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1."""
        return self._encode(self._model.encode_query, self._prompts[0], texts, None)

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1."""
        return self._encode(self._model.encode_document, self._prompts[1], texts, on_progress)

    def encode_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode passages and, each by itself, their sentences."""
        return apart(self.encode_passages, texts, spans)

    def _encode(
        self, encode: Callable[..., Any], prompt: str, texts: Sequence[str], on_progress: Progress | None
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        # The tokenizer would read all of an endless text to keep its beginning; 64 characters a token keep far more.
        readable = [cut(text, 64 * self._max_tokens if self._max_tokens else len(text)) for text in texts]
        lengths = [min(len(text) // 4 + 8, self._max_tokens or len(text)) for text in readable]
        for places in batches(lengths, self._budget):
            batch = [readable[place] for place in places]
            with self._autocast:
                rows = encode(batch, prompt=prompt, batch_size=len(batch), show_progress_bar=False)
            vectors[places] = unit_rows(np.asarray(rows, np.float32))
            if on_progress is not None:
                on_progress(len(places))
        return vectors


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep libraries from talking while a model loads; what matters arrives as an exception."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from transformers.utils import logging as reports

            bars = reports.is_progress_bar_enabled()
            reports.disable_progress_bar()  # type: ignore[no-untyped-call]
            try:
                yield
            finally:
                if bars:
                    reports.enable_progress_bar()  # type: ignore[no-untyped-call]
    finally:
        logging.disable(logging.NOTSET)
